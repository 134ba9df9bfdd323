import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Redis } from 'ioredis';
import { librarySource } from '../../src/redis/functions/library.ts';
import { prepare, raiseLevel } from '../../src/redis/meta/commands.ts';
import { Store } from '../../src/redis/store.ts';
import { codeOf, loadFunctions, received, record } from '../helpers/functions.ts';
import { gid, SETTINGS, startIm, uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** The function library: what its functions do with the data, and on which data they work at all. */

let server: TestRedis;
const opened: { close(): void }[] = [];
before(async () => {
  server = await startRedis();
});
after(async () => {
  for (const one of opened) one.close();
  await server.stop();
});

async function start(settings: Parameters<typeof startIm>[1] = {}) {
  const im = await startIm(server, settings);
  opened.push(im);
  const fcall = await loadFunctions(im.redis, im.keys);
  /** The text of everything in an inbox, as the rules read it. */
  const texts = async (name: string) =>
    (await im.all(name)).items.map(({ message: { action, fields } }) => action ?? fields.text);
  return { im, fcall, texts };
}

test('the functions do what the API does, and each reads what the other wrote', async () => {
  const { im, fcall, texts } = await start();
  assert.equal(await fcall('im_user', 'alice', 'name', 'Alice', 'city', 'Bern'), 'created');
  assert.equal(await fcall('im_user', 'alice', 'name', 'Älice 👋'), 'changed');
  await im.people('bob', 'carol');
  assert.deepEqual({ ...(await im.users.get(uid('alice'))).fields }, { name: 'Älice 👋', city: 'Bern' });
  const { createdAt, ...bob } = record(await fcall('im_user', 'bob'));
  assert.deepEqual(bob, { name: 'bob' });
  assert.ok(Math.abs(Number(createdAt) - Date.now()) < 60_000);

  assert.equal(await fcall('im_link', 'alice', 'bob'), 'linked');
  assert.equal(await fcall('im_link', 'alice', 'bob'), 'already');
  assert.equal(await im.redis.zcard(im.keys.contacts(uid('alice'))), 1);
  assert.equal(await fcall('im_unlink', 'alice', 'bob'), 'unlinked');
  assert.equal(await fcall('im_unlink', 'alice', 'bob'), 'already');
  assert.equal(await im.redis.zcard(im.keys.contacts(uid('alice'))), 0);

  const mid = await fcall('im_send', 'alice', 'bob', 'text', 'hi', 'mood', 'good');
  const message = await im.history.get(uid('bob'), 'user:alice' as never, mid as never);
  assert.deepEqual([message.from, { ...message.fields }], ['alice', { text: 'hi', mood: 'good' }]);
  const [id, flat] = (await fcall('im_message', 'bob', 'user', 'alice', String(mid))) as [string, string[]];
  assert.deepEqual([id, flat], [mid, ['uid', 'alice', 'n', '1', 'text', 'hi', 'mood', 'good']]);
  assert.equal(await im.redis.keys(`${im.keys.prefix}i:*`).then((keys) => keys.length), 0, 'nothing to expire');

  assert.equal(await fcall('im_group', 'team', 'alice', 'name', 'Team'), 'created');
  assert.equal(await fcall('im_group', 'team', 'alice', 'topic', 'chat'), 'changed');
  assert.equal(await fcall('im_join', 'bob', 'team'), 'joined');
  assert.equal(await fcall('im_join', 'bob', 'team'), 'already');
  const { createdAt: _, ...team } = record(await fcall('im_group', 'team'));
  assert.deepEqual(team, { master: 'alice', joinPolicy: 'open', name: 'Team', topic: 'chat' });
  const { owner, members, fields } = await im.groups.get(gid('team'));
  assert.deepEqual([owner, members, { ...fields }], ['alice', 2, { name: 'Team', topic: 'chat' }]);
  const inGroup = await fcall('im_gsend', 'bob', 'team', 'text', 'hello, team');
  const read = (await fcall('im_message', 'alice', 'GROUP', 'team', String(inGroup))) as [string, string[]];
  assert.equal(record(read[1]).text, 'hello, team');
  assert.equal(await fcall('im_quit', 'bob', 'team'), 'left');
  assert.equal(await fcall('im_quit', 'bob', 'team'), 'already');
  await im.say('bob', 'user:alice', 'back by the rules');

  const told = ['link', 'hi', 'create', 'update', 'join', 'hello, team', 'quit', 'back by the rules'];
  assert.deepEqual(await texts('alice'), told);
  const { entries, gap, next } = received(await fcall('im_receive', 'alice'));
  assert.deepEqual(
    entries.map((entry) => ({ ...entry }) as Record<string, string>).map(({ action, text }) => action ?? text),
    told,
  );
  assert.deepEqual([gap, next], [{}, entries.at(-1)!.cursor]);
  assert.deepEqual(
    entries.map(({ conversation }) => conversation),
    ['user:bob', 'user:bob', ...Array(5).fill('group:team'), 'user:bob'],
  );
});

test('joining and owning go by the rules of the group', async () => {
  const { im, fcall, texts } = await start({ groupMax: 2 });
  await im.people('alice', 'bob', 'carol');
  await im.groups.put({ kind: 'user', uid: uid('alice') }, gid('asks'), { fields: {}, joinPolicy: 'approval' });
  await im.groups.put({ kind: 'user', uid: uid('alice') }, gid('shut'), { fields: {}, joinPolicy: 'closed' });
  await fcall('im_group', 'two', 'alice');
  assert.equal(await fcall('im_join', 'bob', 'asks'), 'requested');
  assert.equal((await texts('alice')).at(-1), 'request');
  assert.equal(await codeOf(fcall('im_join', 'bob', 'shut')), 'JOIN_CLOSED');
  assert.equal(await fcall('im_join', 'bob', 'two'), 'joined');
  assert.equal(await codeOf(fcall('im_join', 'carol', 'two')), 'GROUP_FULL');
  assert.equal(await codeOf(fcall('im_group', 'two', 'bob', 'name', 'mine')), 'NOT_ADMIN');
  assert.equal(await codeOf(fcall('im_quit', 'alice', 'two')), 'OWNER_MUST_HAND_OVER');
  assert.equal(await codeOf(fcall('im_gsend', 'bob', 'asks', 'text', 'hi')), 'NOT_MEMBER');
  assert.equal(await codeOf(fcall('im_message', 'bob', 'GROUP', 'asks', '1-1')), 'NOT_MEMBER');
  assert.equal((await im.groups.get(gid('two'))).owner, 'alice');
});

test('a user made again reads nothing by a function that the former one was told', async () => {
  const { im, fcall } = await start();
  await im.people('alice', 'bob');
  const mid = String(await fcall('im_send', 'alice', 'bob', 'text', 'for the former one'));
  await im.users.remove(uid('bob'));
  assert.equal(await codeOf(fcall('im_receive', 'bob')), 'USER_NOT_FOUND');
  assert.equal(await codeOf(fcall('im_send', 'alice', 'bob', 'text', 'hi')), 'USER_NOT_FOUND');
  assert.equal(await fcall('im_user', 'bob', 'name', 'another'), 'created');
  assert.equal(await codeOf(fcall('im_message', 'bob', 'USER', 'alice', mid)), 'MESSAGE_NOT_FOUND');
  assert.deepEqual(received(await fcall('im_receive', 'bob')).entries, []);
  assert.equal(((await fcall('im_message', 'alice', 'USER', 'bob', mid)) as string[])[0], mid);
});

test('a removal that is not finished is told, and nothing is created over it', async () => {
  const { im, fcall } = await start();
  await im.redis.sadd(im.keys.removals(), 'bob');
  assert.equal(await codeOf(fcall('im_user', 'bob', 'name', 'b')), 'REMOVAL_UNFINISHED');
  assert.equal(await im.redis.exists(im.keys.user(uid('bob'))), 0);
});

test('the settings are the ones of the service that started last', async () => {
  const { im, fcall } = await start();
  assert.doesNotMatch(librarySource('1.2.3'), /_MAX = '?\d{3,}/, 'none is baked in');
  const settings = { ...SETTINGS, inboxMax: 10, logMax: 20, groupMax: 1 };
  const later = new Store({ redis: im.redis, keys: im.keys, settings, onRefusedWrites() {}, onNewerLevel() {} });
  await later.run(prepare, '1');
  await im.people('alice', 'bob');
  for (let n = 0; n < 400; n++) await fcall('im_send', 'alice', 'bob', 'text', n);
  assert.ok((await im.redis.xlen(im.keys.inbox(uid('bob')))) < 200);
  assert.ok((await im.redis.xlen(im.keys.log('ds:alice:bob' as never))) < 200);
  await fcall('im_group', 'team', 'alice');
  assert.equal(await codeOf(fcall('im_join', 'bob', 'team')), 'GROUP_FULL');
});

test('functions work on data that a service of their version has prepared, and refuse any other', async () => {
  const { im, fcall } = await start();
  await im.people('alice', 'bob');
  const send = () => fcall('im_send', 'alice', 'bob', 'text', 'hi');
  const before = await im.redis.xlen(im.keys.feed());
  const meta = im.keys.meta();
  const held = await im.redis.hgetall(meta);
  for (const [change, code] of [
    [{ schema: '2' }, 'SCHEMA_MISMATCH'],
    [{ writerLevel: '3' }, 'WRITER_LEVEL'],
    [{ inboxMax: undefined }, 'SETTINGS_MISSING'],
    [{ logDays: undefined }, 'SETTINGS_MISSING'],
    [{ groupMax: 'many' }, 'SETTINGS_MISSING'],
  ] as const) {
    await im.redis.del(meta);
    const changed = Object.entries({ ...held, ...change }).filter(([, value]) => value !== undefined);
    await im.redis.hset(meta, Object.fromEntries(changed) as Record<string, string>);
    for (const call of [send(), fcall('im_receive', 'bob'), fcall('im_unlink', 'alice', 'bob')]) {
      assert.equal(await codeOf(call), code);
    }
  }
  await im.redis.del(meta);
  await assert.rejects(send(), /^ReplyError: SCHEMA_MISMATCH none: .*start the service/);
  await im.redis.set(meta, 'x');
  assert.equal(await codeOf(send()), 'WRONGTYPE');
  await im.redis.del(meta);
  await im.redis.hset(meta, held);
  assert.equal(await im.redis.xlen(im.keys.feed()), before, 'nothing was written');

  const call = (...keys: string[]) => im.redis.call('FCALL', 'im_user', keys.length, ...keys, 'alice');
  assert.equal(record(await call(meta)).name, 'alice');
  assert.equal(await codeOf(call('somewhere')), 'INVALID_REQUEST');
  assert.equal(await codeOf(call(meta, meta)), 'INVALID_REQUEST');
  assert.equal(await codeOf(call()), 'SCHEMA_MISMATCH', 'without a prefix there is nothing');
  await im.store.run(raiseLevel, undefined);
  assert.match(String(await send()), /^\d+-1$/);
});

test('without a key the functions work on the data without a prefix', async () => {
  const { im } = await start();
  await im.redis.hset('im:meta', await im.redis.hgetall(im.keys.meta()));
  for (const name of ['alice', 'bob']) await im.redis.call('FCALL', 'im_user', 0, name, 'name', name);
  const mid = await im.redis.call('FCALL', 'im_send', 0, 'alice', 'bob', 'text', 'hi');
  const { entries } = received(await im.redis.call('FCALL', 'im_receive', 0, 'bob', 'COUNT', 100, 'START', 0));
  assert.deepEqual(
    entries.map(({ id }) => id),
    [mid],
  );
  assert.equal(await im.redis.type('s:bob'), 'stream');
});

test('reading needs no memory and no right to write', async () => {
  const full = await startRedis();
  const im = await startIm(full);
  const fcall = await loadFunctions(im.redis, im.keys);
  await im.people('alice', 'bob');
  await fcall('im_link', 'alice', 'bob');
  const mid = String(await fcall('im_send', 'alice', 'bob', 'text', 'hi'));
  await im.redis.config('SET', 'maxmemory', '1');
  for (const call of [
    () => fcall('im_send', 'alice', 'bob', 'text', 'hi'),
    () => fcall('im_user', 'carol', 'name', 'Carol'),
    () => fcall('im_join', 'bob', 'team'),
  ]) {
    assert.equal(await codeOf(call()), 'OOM');
  }
  assert.equal(received(await fcall('im_receive', 'bob')).entries.length, 2);
  assert.equal(await fcall('im_unlink', 'alice', 'bob'), 'unlinked');
  assert.equal(await fcall('im_unlink', 'alice', 'bob'), 'already');
  const readOnly = (name: string, ...words: string[]) => im.redis.call('FCALL_RO', name, 1, im.keys.meta(), ...words);
  assert.equal(((await readOnly('im_message', 'bob', 'USER', 'alice', mid)) as string[])[0], mid);
  assert.equal(await readOnly('im_version'), '1.2.3');
  assert.equal(received(await readOnly('im_receive', 'bob')).entries.length, 2);
  im.close();
  await full.stop();
});

test('an inbox of a wrong type keeps nobody else from the message', async () => {
  const { im, fcall, texts } = await start();
  await im.people('alice', 'bob');
  await im.redis.set(im.keys.inbox(uid('bob')), 'no stream');
  assert.match(String(await fcall('im_send', 'alice', 'bob', 'text', 'hi')), /^\d+-1$/);
  assert.deepEqual(await texts('alice'), ['hi']);
});

test('a cluster is refused', async () => {
  const cluster = await startRedis({ args: ['--cluster-enabled', 'yes'] });
  const redis = new Redis({ path: cluster.path });
  await redis.call('FUNCTION', 'LOAD', librarySource('1.2.3'));
  await assert.rejects(async () => redis.call('FCALL', 'im_user', 0, 'alice'), /no-cluster/);
  redis.disconnect();
  await cluster.stop();
});

test('a function that writes looks whether another server has taken over, where the service has noted one', async () => {
  const { im, fcall } = await start();
  await im.people('alice', 'bob');
  const epoch = () => im.redis.hget(im.keys.meta(), 'epoch');
  const first = await epoch();
  await fcall('im_send', 'alice', 'bob', 'text', 'on one server');
  assert.equal(await epoch(), first);
  await im.redis.hset(im.keys.meta(), 'server', 'another');
  await fcall('im_receive', 'bob');
  assert.equal(await epoch(), first);
  await fcall('im_send', 'alice', 'bob', 'text', 'taken over');
  const second = await epoch();
  assert.ok(BigInt(second!) > BigInt(first!));
  await fcall('im_send', 'alice', 'bob', 'text', 'and on');
  assert.equal(await epoch(), second);
  const runId = /run_id:(\w+)/.exec(await im.redis.info('server'))![1];
  assert.equal(await im.redis.hget(im.keys.meta(), 'server'), runId, 'as the service notes it');
});
