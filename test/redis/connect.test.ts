import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Redis, type Result } from 'ioredis';
import { ImError } from '../../src/domain/errors.ts';
import { connectCommands } from '../../src/redis/connection/command-connection.ts';
import { connectFeed } from '../../src/redis/connection/feed-connection.ts';
import { openRedis } from '../../src/redis/connection/link.ts';
import { targetName } from '../../src/redis/connection/target.ts';
import { asImError } from '../../src/redis/failure.ts';
import type { Logger } from '../../src/redis/logger.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    setThenFail(key: string): Result<number, Context>;
    setOnly(key: string): Result<number, Context>;
  }
}

/** Remembers what was logged. */
class Lines implements Logger {
  readonly lines: string[] = [];
  private readonly add = (level: string, message: string) => void this.lines.push(`${level}: ${message}`);
  info = (_: object, message: string) => this.add('info', message);
  warn = (_: object, message: string) => this.add('warn', message);
  error = (_: object, message: string) => this.add('error', message);
}

let server: TestRedis;
let redis: Redis;
/** A second way in, for what must not go through the connection under test. */
let admin: Redis;
let log: Lines;

before(async () => {
  server = await startRedis({ aof: true, args: ['--enable-debug-command', 'yes'] });
});
after(() => server.stop());

beforeEach(async () => {
  log = new Lines();
  redis = await connectCommands(server.target, { commandTimeoutMs: 300, log });
  redis.defineCommand('setOnly', { numberOfKeys: 1, lua: "redis.call('set', KEYS[1], 1) return 1" });
  redis.defineCommand('setThenFail', {
    numberOfKeys: 1,
    lua: "redis.call('set', KEYS[1], 1) redis.call('lpush', KEYS[1], 1) return 1",
  });
  admin = new Redis({ path: server.path });
  admin.on('error', () => {});
});
afterEach(async () => {
  server.resume();
  await admin.flushall();
  admin.disconnect();
  redis.disconnect();
});

async function failureOf(command: Promise<unknown>): Promise<unknown> {
  return command.then(
    (value) => assert.fail(`it succeeded with ${value}`),
    (error) => error,
  );
}

async function codeOf(command: Promise<unknown>, effect?: 'read' | 'write'): Promise<string> {
  const failure = await failureOf(command);
  const translated = asImError(failure, effect);
  assert.ok(translated instanceof ImError, `untranslated: ${failure}`);
  assert.equal(translated.cause, failure);
  assert.equal(translated.retryAfter, translated.code === 'outcome_unknown' ? undefined : 1);
  return translated.code;
}

describe('sent, but not answered: the outcome is unknown', () => {
  test('a stopped server: it times out, and is done once the server goes on', async () => {
    server.pause();
    assert.equal(await codeOf(redis.set('late', 1)), 'outcome_unknown');
    assert.equal(await codeOf(redis.get('late'), 'read'), 'unavailable');
    server.resume();
    await admin.ping();
    assert.equal(await admin.get('late'), '1');
  });

  test('a server that is killed with the command in flight', async () => {
    server.pause();
    const failure = failureOf(redis.set('killed', 1));
    const set = failure.then((error) => (asImError(error) as ImError).code);
    const script = codeOf(redis.setOnly('killed'));
    const pipeline = redis.pipeline().set('killed', 1).get('killed').exec();
    await server.kill();
    assert.deepEqual(await Promise.all([set, script]), ['outcome_unknown', 'outcome_unknown']);
    assert.match(String(await failure), /retries per request limit \(which is 0\)/, 'it waited for nothing');
    for (const [error] of (await pipeline)!) assert.equal((asImError(error) as ImError).code, 'outcome_unknown');
    await server.restart();
    await ready(redis);
    assert.equal(await redis.get('killed'), null, 'nothing was sent twice');
  });

  test('a server that died before the event loop could notice', async () => {
    process.kill(server.pid, 'SIGKILL');
    // Deliberately blocks the event loop: the socket still looks open when the command is written.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    assert.equal(await codeOf(redis.set('unseen', 1)), 'outcome_unknown');
    await server.kill();
    await server.restart();
    await ready(redis);
    assert.equal(await redis.get('unseen'), null);
  });

  test('CLIENT KILL of the connection', async () => {
    const id = await redis.client('ID');
    const pop = codeOf(redis.blpop('nothing', 0));
    await admin.call('CLIENT', 'KILL', 'ID', id);
    assert.equal(await pop, 'outcome_unknown');
    await ready(redis);
  });

  test('a pipeline of which only a part was answered', async () => {
    const half = redis.pipeline().set('part', 1).blpop('nothing', 0).set('part', 2).exec();
    await once(redis.stream, 'data');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    const [first, second, third] = (await half)!;
    assert.equal(first![0], null);
    assert.match(String(second![0]), /Command aborted due to connection close/);
    assert.equal((asImError(second![0]) as ImError).code, 'outcome_unknown');
    assert.equal((asImError(third![0]) as ImError).code, 'outcome_unknown');
  });

  test('a connection that we end with the command in flight', async () => {
    const set = codeOf(redis.blpop('nothing', 0));
    redis.disconnect();
    assert.equal(await set, 'outcome_unknown');
    assert.match(String(await failureOf(redis.get('x'))), /Connection is closed\./);
    assert.equal(await codeOf(redis.get('x'), 'read'), 'unavailable');
  });

  test('an answer that is no RESP', async () => {
    const fake = await serve('redis_version:7.0.15');
    const connection = await connectCommands(fake, { commandTimeoutMs: 1_000, log });
    assert.equal(await codeOf(connection.set('a', 1)), 'outcome_unknown');
    connection.disconnect();
    fake.close();
  });
});

describe('surely not done: unavailable', () => {
  test('a server that is away: refused at once, and not done later', async () => {
    await server.kill();
    if (redis.status === 'ready') await next(redis, 'close');
    const before = performance.now();
    assert.equal(await codeOf(redis.set('away', 1)), 'unavailable');
    assert.equal(await codeOf(redis.setOnly('away')), 'unavailable');
    assert.equal(await codeOf(redis.multi().set('away', 1).exec()), 'unavailable');
    const [[error] = []] = (await redis.pipeline().set('away', 1).exec())!;
    assert.equal((asImError(error) as ImError).code, 'unavailable');
    assert.ok(performance.now() - before < 100);
    await server.restart();
    await ready(redis);
    assert.equal(await redis.get('away'), null);
  });

  test('a link that went silent: cut after the first timeouts, then refused at once', async () => {
    server.pause();
    assert.equal(await codeOf(redis.set('silent', 1)), 'outcome_unknown');
    await next(redis, 'close');
    const before = performance.now();
    assert.equal(await codeOf(redis.set('silent', 2)), 'unavailable');
    assert.ok(performance.now() - before < 100);
    server.resume();
    await ready(redis);
    assert.equal(await redis.get('silent'), '1');
  });

  const refusals: [name: string, code: string, provoke: () => Promise<unknown>, undo: () => Promise<unknown>][] = [
    ['out of memory', 'storage_full', () => config('maxmemory', '1'), () => config('maxmemory', '0')],
    ['a replica', 'unavailable', () => replicaOf('127.0.0.1', '1'), () => replicaOf('NO', 'ONE')],
    [
      'a replica that lost its master',
      'unavailable',
      () => config('replica-serve-stale-data', 'no').then(() => replicaOf('127.0.0.1', '1')),
      () => replicaOf('NO', 'ONE').then(() => config('replica-serve-stale-data', 'yes')),
    ],
    [
      'too few replicas',
      'unavailable',
      () => config('min-replicas-to-write', '1'),
      () => config('min-replicas-to-write', '0'),
    ],
    [
      'no permission',
      'unavailable',
      () => admin.call('ACL', 'SETUSER', 'default', '-set', '-eval', '-evalsha'),
      () => admin.call('ACL', 'SETUSER', 'default', '+@all'),
    ],
  ];
  for (const [name, code, provoke, undo] of refusals) {
    test(`${name}: ${code}`, async () => {
      await provoke();
      try {
        assert.equal(await codeOf(redis.set('refused', 1)), code);
        assert.equal(await codeOf(redis.setOnly('refused')), code);
      } finally {
        await undo();
      }
      assert.equal(await admin.get('refused'), null);
    });
  }

  test('a snapshot that cannot be written (MISCONF)', async () => {
    const obstacle = join(server.dir, 'dump.rdb');
    mkdirSync(obstacle);
    await config('save', '3600 1');
    await admin.bgsave();
    await until(async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'));
    assert.equal(await codeOf(redis.set('misconf', 1)), 'unavailable');
    assert.equal(await codeOf(redis.setOnly('misconf')), 'unavailable');
    await config('save', '');
    rmdirSync(obstacle);
    await redis.set('misconf', 2);
  });

  test('a script that runs for too long (BUSY)', async (t) => {
    await config('busy-reply-threshold', '50');
    const other = new Redis({ path: server.path });
    t.after(() => other.disconnect());
    const script = failureOf(other.eval('while true do end', 0));
    await until(() =>
      admin.get('busy').then(
        () => false,
        () => true,
      ),
    );
    assert.equal(await codeOf(redis.set('busy', 1)), 'unavailable');
    await admin.call('SCRIPT', 'KILL');
    assert.match(String(await script), /Script killed by user/);
  });

  test('a server that reads its data (LOADING)', async (t) => {
    // It looks at its connections only now and then: on a busy machine later than the others' time limit.
    const patient = await connectCommands(server.target, { commandTimeoutMs: 20_000, log });
    await admin.eval("for i = 1, 500 do redis.call('set', 'k' .. i, 'v') end", 0);
    await config('key-load-delay', '2000');
    await config('loading-process-events-interval-bytes', '1024');
    const other = new Redis({ path: server.path });
    t.after(() => {
      patient.disconnect();
      other.disconnect();
    });
    const reload = other.call('DEBUG', 'RELOAD');
    await until(async () => (await admin.info('persistence')).includes('loading:1'));
    assert.equal(await codeOf(patient.set('loading', 1)), 'unavailable');
    await config('key-load-delay', '0');
    await reload;
    assert.equal(await patient.get('loading'), null);
  });
});

describe('not a failure of Redis: left as it is', () => {
  test('a wrong type, also inside a script that has written', async () => {
    const failure = await failureOf(redis.setThenFail('half'));
    assert.equal(asImError(failure), failure);
    assert.match(String(failure), /WRONGTYPE/);
    assert.equal(await redis.get('half'), '1');
  });

  test('a script without a right that it needs, which may have written before', async () => {
    await admin.call('ACL', 'SETUSER', 'default', '-lpush');
    const failure = await failureOf(redis.setThenFail('half'));
    await admin.call('ACL', 'SETUSER', 'default', '+lpush');
    assert.equal(asImError(failure), failure);
    assert.equal(await redis.get('half'), '1');
  });

  test('an ImError, a bug, and what is no Error', () => {
    for (const thing of [new ImError('not_member', 'no'), new TypeError('bug'), 'text', undefined]) {
      assert.equal(asImError(thing), thing);
    }
  });
});

describe('opening', () => {
  test('a server that is not there: one clear message, within the limit', async () => {
    const path = join(server.dir, 'nobody.sock');
    const opening = openRedis({ path }, { commandTimeoutMs: 300, log, startTimeoutMs: 200 });
    await assert.rejects(opening, { message: `cannot use Redis at unix://${path}: connect ENOENT ${path}` });
  });

  test('a server that takes connections and says nothing', async () => {
    server.pause();
    const opening = openRedis(server.target, { commandTimeoutMs: 10_000, log, startTimeoutMs: 200 });
    await assert.rejects(opening, /: it did not become ready within 0\.2 s$/);
    server.resume();
  });

  test('a wrong password is told at once and never shown', async () => {
    await config('requirepass', 'right');
    const url = `unix://${server.path}?password=wrong`;
    const opening = openRedis({ url }, { commandTimeoutMs: 300, log, startTimeoutMs: 60_000 });
    await assert.rejects(
      opening,
      (error: Error) => /WRONGPASS/.test(error.message) && !/password=/.test(error.message),
    );
    const link = await openRedis({ url: `unix://${server.path}?password=right&db=3` }, { commandTimeoutMs: 300, log });
    assert.match(String(await link.commands.client('INFO')), / db=3 /);
    link.close();
    await config('requirepass', '');
  });

  test('warns about eviction and a missing AOF, and only then', async () => {
    assert.deepEqual(log.lines, []);
    const volatile = await startRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] });
    const link = await openRedis(volatile.target, { commandTimeoutMs: 300, log });
    assert.match(log.lines.join('\n'), /^warn: Redis may evict.*\nwarn: Redis has no AOF/);
    link.close();
    await volatile.stop();
  });

  test('refuses an old version', async () => {
    const fake = await serve('redis_version:6.2.14');
    const opening = openRedis({ path: fake.path }, { commandTimeoutMs: 300, log });
    await assert.rejects(opening, /its version is 6\.2\.14, at least 7\.0 is needed/);
    fake.close();
  });

  test('names no password where none of several servers answers', async () => {
    const url = 'redis://user:secret@127.0.0.1:1,127.0.0.1:2';
    const opening = openRedis({ url }, { commandTimeoutMs: 300, startTimeoutMs: 300, log });
    await assert.rejects(opening, (error: Error) => {
      assert.match(error.message, /ECONNREFUSED/);
      return !error.message.includes('secret');
    });
  });

  test('says once that Redis is away and once that it is back', async () => {
    await server.kill();
    await next(redis, 'reconnecting');
    await next(redis, 'reconnecting');
    await server.restart();
    await ready(redis);
    assert.deepEqual(log.lines, ['warn: Redis is away', 'info: Redis is back']);
  });

  test('names a target without its password', () => {
    assert.equal(targetName({ url: 'redis://me:secret@h:7000/2' }), 'redis://h:7000/2');
    assert.equal(targetName({ url: 'unix:///run/r.sock?password=secret' }), 'unix:///run/r.sock');
    const several = 'redis+sentinel://me:secret@a:1,b:2/mymaster?sentinelPassword=secret';
    assert.equal(targetName({ url: several }), 'redis+sentinel://a:1,b:2/mymaster');
  });
});

describe('the feed connection', () => {
  test('reads on after the server was away', async () => {
    const feed = connectFeed(server.target, 10_000, log);
    const read = feed.xread('BLOCK', 10_000, 'STREAMS', 'feed', '$');
    await ready(feed);
    await until(async () => String(await admin.client('LIST')).includes('cmd=xread'));
    await server.kill();
    await server.restart();
    await until(async () => String(await admin.client('LIST').catch(() => '')).includes('cmd=xread'));
    await admin.xadd('feed', '1-1', 'a', 'b');
    assert.deepEqual(await read, [['feed', [['1-1', ['a', 'b']]]]]);
    feed.disconnect();
  });

  test('notices a silent link by itself', async () => {
    const feed = connectFeed(server.target, 10, log);
    await ready(feed);
    server.pause();
    const read = feed.xread('BLOCK', 10, 'STREAMS', 'feed', '$');
    await next(feed, 'close');
    server.resume();
    assert.equal(await read, null);
    feed.disconnect();
  });

  test('ends at once when the link is closed', async () => {
    const link = await openRedis(server.target, { commandTimeoutMs: 300, log });
    const feed = link.partition.openFeed();
    await ready(feed);
    const read = failureOf(feed.xread('BLOCK', 5_000, 'STREAMS', 'feed', '$'));
    link.close();
    assert.match(String(await read), /Connection is closed/);
  });
});

const config = (name: string, value: string) => admin.config('SET', name, value);
const replicaOf = (host: string, port: string) => admin.call('REPLICAOF', host, port);

/** Like events.once, which an `error` event would reject. */
const next = (connection: Redis, event: string) => new Promise((resolve) => connection.once(event, resolve));

async function ready(connection: Redis): Promise<void> {
  if (connection.status !== 'ready') await next(connection, 'ready');
}

/** Asks until it is true; a test's own time limit ends it otherwise. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}

/** A server that answers the handshake and INFO, and anything else with garbage. */
async function serve(info: string): Promise<{ path: string; close(): void }> {
  const path = join(server.dir, 'fake.sock');
  const fake = createServer((socket) => {
    socket.on('data', (data) => {
      for (const command of data
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1)) {
        const name = command.split('\r\n')[1];
        if (name === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
        else socket.write(name === 'hello' || name === 'client' ? '+OK\r\n' : '\u0001garbage\r\n');
      }
    });
  }).listen(path);
  await once(fake, 'listening');
  return { path, close: () => void fake.close() };
}
