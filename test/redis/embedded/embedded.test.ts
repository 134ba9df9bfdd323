import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { findServerBinary, installLine } from '../../../src/redis/embedded/binary.ts';
import { EmbeddedRedis } from '../../../src/redis/embedded/embedded.ts';
import type { Logger } from '../../../src/redis/logger.ts';
import { endWithUs } from '../../helpers/redis.ts';

const log: Logger = { info() {}, warn() {}, error() {} };
const NODE_SCRIPT = join(import.meta.dirname, '../../helpers/embedded-node.ts');

let dataDir: string;
/** Everything a test has started; all of it is ended, whatever the test came to. */
let started: EmbeddedRedis[];
let nodes: ChildProcess[];
let pids = new Map<number, () => void>();

beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'redisim-embedded-')));
  started = [];
  nodes = [];
  pids = new Map();
});
afterEach(async () => {
  for (const node of nodes) await kill(node);
  for (const redis of started) await redis.stop();
  for (const [pid, forget] of pids) {
    signal(pid, 'SIGKILL');
    forget();
  }
  rmSync(dataDir, { recursive: true, force: true });
});

async function start(options: { appendfsync?: 'everysec' | 'always'; binary?: string } = {}): Promise<EmbeddedRedis> {
  const redis = await EmbeddedRedis.start({ dataDir, binary: undefined, appendfsync: 'everysec', log, ...options });
  started.push(redis);
  remember(redis.pid);
  return redis;
}

function remember(pid: number): void {
  if (!pids.has(pid)) pids.set(pid, endWithUs(pid));
}

async function stop(redis: EmbeddedRedis): Promise<void> {
  started.splice(started.indexOf(redis), 1);
  await redis.stop();
}

/** Another node on the folder, as a process of its own; resolves with what it says about its start. */
async function startNode(): Promise<{ node: ChildProcess; said: string }> {
  const node = spawn(process.execPath, ['--import', 'tsx', NODE_SCRIPT, dataDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  nodes.push(node);
  const [line] = await once(node.stdout!, 'data');
  const said = String(line).trim();
  const pid = /^started (\d+)/.exec(said)?.[1];
  if (pid) remember(Number(pid));
  return { node, said };
}

async function kill(node: ChildProcess): Promise<void> {
  if (node.exitCode !== null || node.signalCode !== null) return;
  node.kill('SIGKILL');
  await once(node, 'exit');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}

/** Runs one command on the folder's Redis. */
async function ask<Reply>(redis: EmbeddedRedis, command: (client: Redis) => Promise<Reply>): Promise<Reply> {
  const client = new Redis({ path: redis.socket, maxRetriesPerRequest: null });
  client.on('error', () => {});
  try {
    return await command(client);
  } finally {
    client.disconnect();
  }
}

function setEnvironment(variables: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

describe('starting and stopping', () => {
  test('runs as it should, keeps the data, and leaves no process and no socket', async () => {
    const first = await start();
    assert.equal(first.mayHaveLostData, false);
    const settings = await ask(first, (client) => client.config('GET', 'append*', 'save', 'maxmemory-policy', 'port'));
    const config = Object.fromEntries(pairs(settings as string[]));
    assert.equal(config.appendonly, 'yes');
    assert.equal(config.appendfsync, 'everysec');
    assert.equal(config.save, '');
    assert.equal(config.port, '0');
    assert.equal(config['maxmemory-policy'], 'noeviction');
    assert.equal(statSync(first.socket).mode & 0o777, 0o700);
    await ask(first, (client) => client.set('kept', 'yes'));
    await stop(first);
    assert.throws(() => process.kill(first.pid, 0), { code: 'ESRCH' });
    assert.deepEqual(
      (await readdir(dataDir)).filter((name) => name.endsWith('.sock')),
      [],
    );

    const second = await start();
    assert.equal(second.mayHaveLostData, false);
    assert.equal(await ask(second, (client) => client.get('kept')), 'yes');
  });

  test('is not reached by the Ctrl-C of a terminal', async () => {
    const redis = await start();
    const fields = readFileSync(`/proc/${redis.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    assert.equal(Number(fields[2]), redis.pid, 'it leads a process group of its own');
  });

  for (const [length, folders] of [
    ['short', []],
    ['long', ['x'.repeat(120)]],
  ] as const) {
    test(`works in a folder with a ${length} path and odd characters`, async () => {
      dataDir = join(dataDir, 'it\'s a\n "dåta" \\n folder', ...folders);
      const redis = await start();
      assert.ok(Buffer.byteLength(redis.socket) <= 107);
      await ask(redis, (client) => client.set('kept', 'yes'));
      assert.ok(existsSync(join(dataDir, 'appendonlydir')));
      await assert.rejects(start(), /is in use by another/);
      await stop(redis);
      assert.equal(await ask(await start(), (client) => client.get('kept')), 'yes');
    });
  }

  test('compares text bytewise, whatever the language of the machine', async (t) => {
    const locales = join(dataDir, 'locales');
    mkdirSync(locales);
    const made = spawnSync('localedef', ['-i', 'en_US', '-f', 'UTF-8', join(locales, 'en_US.UTF-8')]);
    if (made.status !== 0) t.diagnostic('no localedef here: C.UTF-8 instead of en_US.UTF-8');
    const before = { LC_ALL: process.env.LC_ALL, LOCPATH: process.env.LOCPATH };
    t.after(() => setEnvironment(before));
    setEnvironment(made.status === 0 ? { LC_ALL: 'en_US.UTF-8', LOCPATH: locales } : { LC_ALL: 'C.UTF-8' });
    // What it was given, where no locale can be made to see the difference.
    const binary = join(dataDir, 'redis-with-a-witness');
    const witness = join(dataDir, 'witness');
    writeFileSync(binary, `#!/bin/sh\necho "$LC_ALL" >'${witness}'\nexec '${findServerBinary(undefined)}' "$@"\n`, {
      mode: 0o755,
    });
    const redis = await start({ binary });
    const less = "return ARGV[1] < ARGV[2] and 'yes' or 'no'";
    assert.equal(await ask(redis, (client) => client.eval(less, 0, 'anna-muller', 'annab')), 'yes');
    assert.equal(await ask(redis, (client) => client.eval(less, 0, 'Zoe', 'anna')), 'yes');
    assert.equal(readFileSync(witness, 'utf8'), 'C\n');
  });

  test('tells why Redis does not start', async () => {
    mkdirSync(join(dataDir, 'appendonlydir', 'appendonly.aof.manifest'), { recursive: true });
    await assert.rejects(start(), /did not start:\n[\s\S]*manifest/);
    await assert.rejects(start({ binary: '/bin/false' }), /\/bin\/false did not start$/);
  });

  test('loads a log whose end a crash has cut off', async () => {
    const first = await start();
    await ask(first, (client) => client.pipeline().set('a', '1').set('b', '2').exec());
    await stop(first);
    const folder = join(dataDir, 'appendonlydir');
    const name = (await readdir(folder)).find((file) => file.endsWith('.incr.aof'))!;
    truncateSync(join(folder, name), statSync(join(folder, name)).size - 5);
    const second = await start();
    assert.deepEqual(await ask(second, (client) => client.mget('a', 'b')), ['1', null]);
  });
});

describe('one node to a folder', () => {
  test('a second one is refused while the first lives, and not after', async () => {
    const { node, said } = await startNode();
    assert.match(said, /^started/);
    await assert.rejects(start(), /is in use by another service: give each its own DATA_DIR/);
    node.kill('SIGTERM');
    await once(node, 'exit');
    await start();
  });

  test('a node that was stopped by a signal still has it', async () => {
    const { node } = await startNode();
    node.kill('SIGSTOP');
    await assert.rejects(start(), /is in use/);
    node.kill('SIGCONT');
  });

  test('of many that start together one wins', async () => {
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => start()));
    assert.equal(all.filter(({ status }) => status === 'fulfilled').length, 1);
    const processes = await Promise.all([1, 2].map(() => startNode()));
    assert.deepEqual(
      processes.map(({ said }) => (/is in use/.test(said) ? true : said)),
      [true, true],
    );
  });
});

describe('after the node was killed', () => {
  test('its Redis goes on, and the next node adopts, watches and stops it', async () => {
    const { node, said } = await startNode();
    const pid = Number(said.split(' ')[1]);
    await kill(node);
    const redis = await start({ appendfsync: 'always' });
    assert.equal(redis.pid, pid);
    assert.equal(redis.mayHaveLostData, false);
    assert.deepEqual(await ask(redis, (client) => client.config('GET', 'appendfsync')), ['appendfsync', 'always']);
    signal(pid, 'SIGKILL');
    await until(() => redis.pid !== pid);
    remember(redis.pid);
    const again = redis.pid;
    assert.equal(await ask(redis, (client) => client.get('mark')), 'from the node');
    await stop(redis);
    assert.throws(() => process.kill(again, 0), { code: 'ESRCH' });
  });

  test('an adopted Redis is stopped with the node', async () => {
    const { node, said } = await startNode();
    const pid = Number(said.split(' ')[1]);
    await kill(node);
    await stop(await start());
    assert.equal(isRunning(pid), false);
    assert.equal((await start()).mayHaveLostData, false);
  });

  test('a Redis that cannot be reached any more is ended before another one starts', { timeout: 60_000 }, async () => {
    const { node, said } = await startNode();
    const pid = Number(said.split(' ')[1]);
    await kill(node);
    rmSync(join(dataDir, 'redis.sock'));
    const redis = await start();
    assert.notEqual(redis.pid, pid);
    assert.equal(isRunning(pid), false);
    assert.equal(await ask(redis, (client) => client.get('mark')), 'from the node');
  });
});

describe('a Redis of somebody else that works in the folder', () => {
  const startForeign = async (...args: string[]) => {
    const server = spawn(findServerBinary(undefined), ['--port', '0', '--save', '', ...args], {
      cwd: dataDir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    remember(server.pid!);
    let said = '';
    while (!/ready to accept connections/i.test(said)) said += (await once(server.stdout, 'data'))[0];
    return server;
  };

  test('is left alone, and named', { timeout: 60_000 }, async () => {
    const server = await startForeign('--unixsocket', join(dataDir, 'theirs.sock'));
    await assert.rejects(
      start(),
      new RegExp(
        `process ${server.pid} \\(.*redis-server unixsocket:.*theirs\\.sock\\) .* end it yourself, or set another DATA_DIR`,
      ),
    );
    assert.equal(isRunning(server.pid!), true);
    server.kill();
    await once(server, 'exit');
    await start();
  });

  test('so is one whose socket only begins like ours', { timeout: 60_000 }, async () => {
    const server = await startForeign('--unixsocket', join(dataDir, 'redis.sock.theirs'));
    await assert.rejects(start(), /was not started by this service/);
    assert.equal(isRunning(server.pid!), true);
  });
});

describe('after Redis has died', () => {
  test('it is started again, more than once', async () => {
    const redis = await start({ appendfsync: 'always' });
    for (const round of ['1', '2', '3']) {
      const { pid } = redis;
      await ask(redis, (client) => client.set('round', round));
      signal(pid, 'SIGKILL');
      await until(() => redis.pid !== pid);
      remember(redis.pid);
      assert.equal(await ask(redis, (client) => client.get('round')), round);
    }
  });

  test('a stop in between ends well, and the next start has its doubts', async () => {
    const redis = await start();
    signal(redis.pid, 'SIGKILL');
    await stop(redis);
    assert.equal((await start()).mayHaveLostData, true);
  });
});

describe('doubts about what is on disk', () => {
  const crashed = async (appendfsync: 'everysec' | 'always') => {
    const { node, said } = await startNode();
    await kill(node);
    const adopted = await start({ appendfsync });
    assert.equal(adopted.mayHaveLostData, false);
    return { adopted, pid: Number(said.split(' ')[1]) };
  };

  test('none after a clean stop; some once node and Redis were both killed', async () => {
    const { node, said } = await startNode();
    await kill(node);
    signal(Number(said.split(' ')[1]), 'SIGKILL');
    const next = await start();
    assert.equal(next.mayHaveLostData, true);
    await stop(next);
    assert.equal((await start()).mayHaveLostData, false);
  });

  test('none after a start that failed', async () => {
    await assert.rejects(start({ binary: '/bin/false' }));
    assert.equal((await start()).mayHaveLostData, false);
  });

  test('they stay until a clean stop, also when the next start fails', async () => {
    const { pid } = await crashed('everysec');
    signal(pid, 'SIGKILL');
    await started[0]!.stop();
    started.length = 0;
    await assert.rejects(start({ binary: '/bin/false', appendfsync: 'always' }));
    assert.equal((await start({ appendfsync: 'always' })).mayHaveLostData, true);
  });
});

describe('the binary', () => {
  test('REDIS_SERVER_BIN, else the first of redis-server and valkey-server on PATH', () => {
    assert.equal(findServerBinary('/bin/sh', ''), '/bin/sh');
    assert.match(findServerBinary(undefined), /\/(redis|valkey)-server$/);
    assert.throws(() => findServerBinary('/no/such/redis'), /REDIS_SERVER_BIN was "\/no\/such\/redis"; allowed:/);
    assert.throws(() => findServerBinary(undefined, '/nowhere:'), /neither redis-server nor valkey-server was found\./);
  });

  test('a missing one says what to type on this system', () => {
    assert.match(installLine('NAME="Debian GNU/Linux"\nID=debian\n'), /^Type: sudo apt-get install -y redis-server /);
    assert.match(installLine('ID_LIKE="rhel fedora"\nID="rocky"\n'), /dnf install/);
    assert.match(installLine('ID=alpine\n'), /apk add redis/);
    assert.match(installLine('ID=plan9\n'), /^Install Redis 7 or newer/);
  });
});

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((value, index) => (index % 2 === 0 ? [[value, flat[index + 1]!] as [string, string]] : []));
}

/** A process that has ended, but which nobody has waited for yet, does not run. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
