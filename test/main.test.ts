import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { endWithUs } from './helpers/redis.ts';

const ROOT = join(import.meta.dirname, '..');
const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

let dataDir: string;
let services: Service[];

beforeEach(() => {
  // A shell must not take this path apart.
  dataDir = join(mkdtempSync(join(tmpdir(), 'redisim-main-')), "Ann's data");
  services = [];
});
afterEach(async () => {
  for (const service of services) {
    if (service.isRunning) await service.stop('SIGTERM');
  }
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

/** The service as a process of its own. */
class Service {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(env: Record<string, string> = {}) {
    this.process = spawn(process.execPath, ['--import', 'tsx', join(ROOT, 'src/main.ts')], {
      cwd: ROOT,
      env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout!.on('data', (data) => {
      this.stdout += data;
    });
    this.process.stderr!.on('data', (data) => {
      this.stderr += data;
    });
    services.push(this);
    this.process.once('exit', endWithUs(this.process.pid!));
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Resolves when the banner has been printed. */
  async up(): Promise<this> {
    while (!/^# 3\..*\n.*\n/m.test(this.stdout)) {
      assert.ok(this.isRunning, `it ended: ${this.stderr}`);
      await Promise.race([once(this.process.stdout!, 'data'), once(this.process, 'close')]);
    }
    return this;
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    if (this.isRunning) await once(this.process, 'close');
    return this.process.exitCode;
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.ended();
  }

  get origin(): string {
    return /redisim listens on (\S+)/.exec(this.stdout)![1]!;
  }

  /** A line of the banner, by its number. */
  line(number: number): string {
    return new RegExp(`^# ${number}\\..*\\n(.*)$`, 'm').exec(this.stdout)![1]!;
  }

  get key(): string {
    return readFileSync(join(dataDir, 'api-key'), 'utf8').trim();
  }
}

describe('the banner', { skip: !hasCurl && 'curl is not installed' }, () => {
  test('its lines work as pasted, and show no secret', async () => {
    const service = await new Service().up();
    const { stdout: made } = await run('sh', ['-c', service.line(1)]);
    const [alice, bob, message] = made
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual([alice.fields.name, bob.fields.name, message.fields.text], ['Alice', 'Bob', 'hi']);

    const { stdout: inbox } = await run('sh', ['-c', service.line(2)]);
    assert.equal(JSON.parse(inbox).items[0].fields.text, 'hi');

    const follow = spawn('sh', ['-c', `exec ${service.line(3)}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let seen = '';
    while (!/event: message\ndata: .*"hi"/.test(seen)) seen += (await once(follow.stdout, 'data'))[0];
    follow.kill();

    for (const secret of [service.key, readFileSync(join(dataDir, 'jwt-secret'), 'utf8').trim()]) {
      assert.ok(!service.stdout.includes(secret) && !service.stderr.includes(secret));
    }
  });
});

describe('stopping', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal}: exit code 0, with a stream open; the data is there again`, async () => {
      const first = await new Service().up();
      const authorization = `Bearer ${first.key}`;
      const body = JSON.stringify({ fields: { name: 'Alice' } });
      const headers = { authorization, 'content-type': 'application/json' };
      assert.equal((await fetch(`${first.origin}/v1/users/alice`, { method: 'PUT', headers, body })).status, 201);
      const stream = await fetch(`${first.origin}/v1/users/alice/inbox/stream`, { headers: { authorization } });
      const reading = stream.text();
      assert.equal(await first.stop(signal), 0, first.stderr);
      assert.match(await reading, /event: bye/);
      assert.equal(existsSync(join(dataDir, 'running')), false, 'Redis was stopped cleanly');

      const second = await new Service().up();
      const alice = await fetch(`${second.origin}/v1/users/alice`, { headers: { authorization } });
      assert.equal(alice.status, 200);
    });
  }

  test('a signal during the start ends Redis too', async () => {
    const service = new Service();
    while (!service.stdout.includes('Redis started')) await once(service.process.stdout!, 'data');
    assert.equal(await service.stop('SIGTERM'), 0);
    assert.equal(existsSync(join(dataDir, 'redis.sock')), false);
  });
});

describe('what prevents a start', () => {
  test('a wrong setting: its name, what it was, what is allowed', async () => {
    const service = new Service({ PORT: 'abc' });
    assert.equal(await service.ended(), 1);
    assert.equal(
      service.stderr,
      'redisim: wrong configuration:\n  PORT was "abc"; allowed: a whole number from 0 to 65535\n',
    );
  });

  test('a port in use; Redis does not stay behind', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const service = new Service({ PORT: String(port) });
    assert.equal(await service.ended(), 1);
    assert.match(service.stderr, /^redisim: listen EADDRINUSE.*end what uses the port, or set PORT\n$/);
    assert.equal(existsSync(join(dataDir, 'redis.sock')), false);
    other.close();
  });

  test('another service on the folder', async () => {
    await new Service().up();
    const second = new Service();
    assert.equal(await second.ended(), 1);
    assert.match(second.stderr, /^redisim: .*Ann's data is in use by another service/);
  });

  test('no Redis to be found: one line that says what to type', async () => {
    const service = new Service({ PATH: '/nowhere' });
    assert.equal(await service.ended(), 1);
    assert.match(service.stderr, /^redisim: neither redis-server nor valkey-server was found\. (Type|Install).*\n$/);
  });
});
