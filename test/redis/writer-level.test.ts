import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { raiseLevel } from '../../src/redis/meta/commands.ts';
import { newestIds } from '../../src/redis/streams/commands.ts';
import { conversation, gid, OLDEST, startIm, uid, user } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

let server: TestRedis;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

test('above the level that a node knows it reads nothing and writes nothing, and says so', async () => {
  const im = await startIm(server);
  await im.people('alice', 'bob');
  assert.equal(await im.redis.hget(im.keys.meta(), 'writerLevel'), '2');
  await im.say('alice', 'user:bob', 'before');
  await im.redis.hset(im.keys.meta(), 'writerLevel', '3');
  const entries = await im.redis.xlen(im.keys.inbox(uid('bob')));
  const refused = [
    () => im.say('alice', 'user:bob', 'after'),
    () =>
      im.messages
        .sendMany([{ uid: uid('alice'), conversation: conversation('user:bob'), fields: { a: 'b' } }])
        .then(([result]) => {
          if (result && 'error' in result) throw result.error;
        }),
    () => im.users.replace(uid('carol'), {}),
    () => im.inbox.page(uid('bob'), OLDEST, { count: 1, maxBytes: 1 }),
    () => im.store.run(newestIds, [im.keys.feed()]),
    () => im.contacts.link(uid('alice'), uid('bob')),
  ];
  for (const call of refused) await assert.rejects(call(), { code: 'unavailable' });
  assert.deepEqual([await im.redis.xlen(im.keys.inbox(uid('bob'))), im.levels.length], [entries, refused.length]);
  assert.equal(new Set(im.levels).size, 1);
  im.close();
});

test('a level that is raised by hand is the one that this version knows', async () => {
  const im = await startIm(server);
  await im.redis.hdel(im.keys.meta(), 'writerLevel');
  assert.equal(await im.store.run(raiseLevel, undefined), '2');
  assert.equal(await im.redis.hget(im.keys.meta(), 'writerLevel'), '2');
  im.close();
});

test('what older nodes would not obey waits until the level is raised, and the rest goes on', async () => {
  const im = await startIm(server);
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
  const [team, bob] = [gid('team'), uid('bob')];
  const change = (what: object) => im.members.change(user('alice'), team, bob, what);
  const all = [
    () => change({ role: 'admin' }),
    () => change({ silencedUntilMs: Date.now() + 3_600_000 }),
    () => im.groups.patch(user('alice'), team, { postPolicy: 'admins' }),
    () => im.groups.patch(user('alice'), team, { historyPolicy: 'joined' }),
    () => im.groups.put(user('alice'), gid('new'), { fields: {}, postPolicy: 'admins' }),
    () => im.bans.ban(user('alice'), team, bob),
  ];
  await im.redis.hset(im.keys.meta(), 'writerLevel', '1');
  for (const one of all) await assert.rejects(one(), { code: 'update_pending' });
  await im.groups.patch(user('alice'), team, { fields: { a: 'b' }, joinPolicy: 'closed', postPolicy: 'members' });
  await im.say('bob', 'group:team', 'hi');
  await im.bans.lift(user('alice'), team, bob);
  await im.store.run(raiseLevel, undefined);
  for (const one of all) await one();
  im.close();
});
