import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

/** Several groups at once, and all of them. */

const { service } = useService({ each: true, prepare: (service) => service.people('alice', 'bob') });

const gids = (body: { items: { gid: string }[] }) => body.items.map(({ gid }) => gid);
const make = async (...names: string[]) => {
  for (const gid of names) await service.team(gid, 'alice');
};
const all = async () => {
  const found: string[] = [];
  let after = '';
  do {
    const { body } = await service.server.get(`/v1/groups?limit=2${after && `&after=${after}`}`).expect(200);
    assert.ok(body.items.length <= 2);
    found.push(...gids(body));
    after = body.next;
  } while (after);
  return found;
};

test('groups that are named come in the order asked, without those that there are not', async () => {
  await make('team', 'club');
  const bob = await service.user('bob');
  const { body } = await bob.get('/v1/groups?ids=team,nothing,club').expect(200);
  assert.deepEqual(gids(body), ['team', 'club']);
  assert.deepEqual(body.items[1], (await bob.get('/v1/groups/club').expect(200)).body);
  assert.equal(body.next, undefined);
  const many = Array.from({ length: 101 }, (_, i) => `g${i}`).join();
  assert.match((await bob.get(`/v1/groups?ids=${many}`).expect(400)).body.detail, /101/);
  await bob.get('/v1/groups?ids=team&after=a').expect(400);
});

test('a server key lists all groups in bytewise order, by pages; nobody else does', async () => {
  await make('b', 'a', 'B', 'c-1', 'aa');
  assert.deepEqual(await all(), ['B', 'a', 'aa', 'b', 'c-1']);
  await service.server.delete('/v1/groups/aa').expect(204);
  assert.deepEqual(await all(), ['B', 'a', 'b', 'c-1']);
  assert.equal(await service.redis.zcard(service.keys.groups()), 4);
  assert.equal((await (await service.user('alice')).get('/v1/groups').expect(403)).body.code, 'forbidden');
});

test('groups that were made before there was a list are found', async () => {
  const { redis: db, keys } = service;
  await make('b', 'a');
  await db.del(keys.groups());
  await db.hdel(keys.meta(), 'groupsIndexed');
  await db.set(keys.group('broken' as never), 'no hash');
  await service.server.put('/v1/groups/c', { fields: {}, owner: 'bob' }).expect(201);
  assert.deepEqual(await all(), ['a', 'b', 'c']);
  assert.equal(await db.hget(keys.meta(), 'groupsIndexed'), '1', 'once');
  assert.equal(await db.zcard(keys.groups()), 3);
});

test('while older nodes may make groups, they are looked for each time', async () => {
  const { redis: db, keys } = service;
  await make('a');
  await db.hdel(keys.meta(), 'groupsIndexed');
  await db.hset(keys.meta(), 'writerLevel', '1');
  for (const gid of ['b', 'c']) {
    // As an older node leaves it.
    await make(gid);
    await db.zrem(keys.groups(), gid);
    assert.ok((await all()).includes(gid), gid);
  }
});
