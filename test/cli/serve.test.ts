import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { banner } from '../../src/cli/banner.ts';
import { farewell } from '../../src/cli/terminal.ts';
import { loadConfig } from '../../src/config/config.ts';
import { buildProduct, type Product } from '../helpers/product.ts';
import { endWithUs, startRedis } from '../helpers/redis.ts';
import { Paste, shells } from '../helpers/shells.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const hasScript = await run('script', ['--version']).then(
  () => true,
  () => false,
);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

let product: Product;
let dataDir: string;
let services: Service[];

before(async () => {
  product = await buildProduct();
});
after(() => product.remove());
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

  constructor(env: Record<string, string> = {}, { isTerminal = false } = {}) {
    const [command, ...args] = isTerminal
      ? ['script', '-qec', `exec ${process.execPath} ${product.main}`, '/dev/null']
      : [process.execPath, product.main];
    this.process = spawn(command!, args, {
      cwd: ROOT,
      env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir, ...env },
      stdio: [isTerminal ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    });
    let watched = false;
    this.process.stdout!.on('data', (data) => {
      this.stdout += String(data).replaceAll('\r', '');
      // Its Redis outlives it where a test is aborted.
      const redisPid = /"redisPid":(\d+)/.exec(this.stdout)?.[1];
      if (redisPid && !watched) this.process.once('exit', endWithUs(Number(redisPid)));
      watched ||= redisPid !== undefined;
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
    while (!/inbox\/stream\?start=0"\n/.test(this.stdout)) {
      assert.ok(this.isRunning, `it ended: ${this.stderr}`);
      await Promise.race([once(this.process.stdout!, 'data'), once(this.process, 'close')]);
    }
    return this;
  }

  /** Resolves with the address, also where nothing but the log tells it. */
  async listening(): Promise<string> {
    for (;;) {
      const url = /Server listening at (http:[^"]+)/.exec(this.stdout)?.[1];
      if (url) return url;
      assert.ok(this.isRunning, `it ended: ${this.stderr}`);
      await Promise.race([once(this.process.stdout!, 'data'), once(this.process, 'close')]);
    }
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

  /** What the banner says to paste. */
  get block(): string {
    return /^im\(\)[\s\S]*?\n(?=\n)/m.exec(this.stdout)![0];
  }

  /** The link that the banner says to open. */
  get link(): URL {
    return new URL(/^http:\S+#\S+$/m.exec(this.stdout)![0]);
  }

  get key(): string {
    return readFileSync(join(dataDir, 'api-key'), 'utf8').trim();
  }
}

/** What the pasted lines are answered with. */
interface Answer {
  fields: Record<string, string>;
  items: Answer[];
}

describe('the banner', { skip: !hasCurl && 'curl is not installed' }, () => {
  test('its block works as pasted, its link lets one log in by a name, and no other secret is shown', async (t) => {
    const service = await new Service().up();
    for (const { name, skip } of shells) {
      if (skip) {
        t.diagnostic(skip);
        continue;
      }
      const paste = new Paste(name, service.block, join(dataDir, '..'));
      t.after(() => paste.kill());
      await paste.shows(/event: message\ndata: .*"hi"/);
      assert.doesNotMatch(paste.output, /not found|no matches|unexpected/i);
      const [alice, bob, message, inbox] = paste.answers as unknown as Answer[];
      assert.deepEqual([alice?.fields.name, bob?.fields.name, message?.fields.text], ['Alice', 'Bob', 'hi'], name);
      assert.equal(inbox?.items[0]?.fields.text, 'hi', name);
    }
    const { origin, hash } = service.link;
    assert.equal(origin, service.origin);
    const secret = /^#demo=([\w-]{43})$/.exec(hash)![1];
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'Zoë', secret });
    const login = await fetch(`${origin}/v1/demo/login`, { method: 'POST', headers, body });
    assert.equal(((await login.json()) as { uid: string }).uid, 'zoe');
    for (const hidden of [service.key, readFileSync(join(dataDir, 'jwt-secret'), 'utf8').trim()]) {
      assert.ok(!service.stdout.includes(hidden) && !service.stderr.includes(hidden));
    }
    assert.equal(service.stdout.split(secret!).length, 2, 'the secret stands in the link, and nowhere in the log');
  });

  test('it has no link to log in with where keys are configured, and no secret where there is none', () => {
    const address = { address: '0.0.0.0', family: 'IPv4', port: 80 };
    const withKeys = loadConfig({ API_KEYS: 'k'.repeat(16), DATA_DIR: dataDir });
    const text = banner({ config: withKeys, address, socket: '/s', demoSecret: '' });
    assert.doesNotMatch(text, /#demo|To chat/);
    assert.match(text, /KEY is one of your API_KEYS[\s\S]*Bearer \$KEY"/);
    const forAll = loadConfig({ DEMO_LOGIN: 'true', DATA_DIR: dataDir });
    assert.match(
      banner({ config: forAll, address, socket: '/s', demoSecret: '' }),
      /To chat.*\n\nhttp:\/\/127.0.0.1:80\n/,
    );
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

describe('in a terminal', { skip: !hasScript && !process.env.CI && 'script (util-linux) is not installed' }, () => {
  test('log lines are for people, and Ctrl-C ends with a word', async () => {
    const service = await new Service({}, { isTerminal: true }).up();
    assert.match(service.stdout, /^\[\d\d:\d\d:\d\d\] .*INFO.*: .*Redis started/m);
    await fetch(`${service.origin}/v1/users/nobody`);
    while (!service.stdout.includes('/v1/users/nobody')) await once(service.process.stdout!, 'data');
    service.process.stdin!.write('\u0003');
    assert.equal(await service.ended(), 0);
    assert.match(service.stdout, /GET \/v1\/users\/nobody: 401 \([\d.]+ ms, request [\w-]+\)/);
    assert.doesNotMatch(service.stdout, /"level":/);
    assert.ok(service.stdout.endsWith(`\nredisim: stopped; the data is in ${dataDir}\n`), service.stdout);
  });

  test('the folder is named as one would type it', () => {
    assert.equal(farewell(join(process.cwd(), 'data')), 'redisim: stopped; the data is in ./data');
    assert.equal(farewell('/var/lib/redisim'), 'redisim: stopped; the data is in /var/lib/redisim');
    assert.equal(farewell(undefined), 'redisim: stopped');
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

describe('two versions on one Redis', () => {
  let newer: Product;
  before(async () => {
    newer = await buildProduct([
      { file: 'redis/lua.ts', from: 'export const KNOWN_LEVEL = 2;', to: 'export const KNOWN_LEVEL = 3;' },
    ]);
  });
  after(() => newer.remove());

  test('the older one goes on until the level is raised, and then stops with a clear word', async () => {
    const redis = await startRedis();
    try {
      const env = { REDIS_URL: `unix://${redis.path}`, API_KEYS: 'k'.repeat(20), JWT_SECRET: 's'.repeat(40) };
      const older = new Service(env);
      const url = await older.listening();
      const level = (product: Product, ...words: string[]) =>
        run(process.execPath, [product.main, 'level', ...words], { env: { PATH: process.env.PATH, ...env } });
      assert.match((await level(newer)).stdout, /written at level 2; this version knows 3/);
      const put = (name: string) =>
        fetch(`${url}/v1/users/${name}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${env.API_KEYS}`, 'content-type': 'application/json' },
          body: '{"fields":{}}',
        });
      assert.equal((await put('alice')).status, 201);
      assert.match((await level(newer, 'raise')).stdout, /written at level 3/);
      assert.equal(await older.ended(), 1);
      assert.match(older.stdout, /written at level 3 by a newer version of redisim/);
      const again = new Service(env);
      assert.equal(await again.ended(), 1);
      assert.match(again.stdout, /by a newer version of redisim/);
    } finally {
      await redis.stop();
    }
  });
});
