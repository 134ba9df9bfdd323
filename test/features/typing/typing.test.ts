import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogName } from '../../../src/domain/conversations.ts';
import { RECEIPTS_MAX } from '../../../src/domain/signals.ts';
import { eventually, startNode, TestSink } from '../../helpers/delivery.ts';
import { server as backend, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Who is typing: told to the others alone, not too often, and only by who may send. */

const { server, im } = useIm();

const type = (name: string, to: string) => im.typing.tell(uid(name), conversation(to));
const told = async () =>
  (await im.redis.xrange(im.keys.signals(), '-', '+'))
    .filter(([, flat]) => flat[1] === 'typing')
    .map(([, flat]) => `${flat[7]} to ${flat[5]!.split(' ').sort().join(' ')}`);

test('the others are told, on their streams, under their own name of the conversation', async (t) => {
  await im.people('alice', 'bob');
  const node = await startNode(server, im);
  t.after(() => node.stop());
  const [alice, bob] = [new TestSink(), new TestSink()];
  await node.subscribe(uid('alice'), alice);
  await node.subscribe(uid('bob'), bob);
  const before = Date.now();
  await type('alice', 'user:bob');
  await eventually(() => bob.signals.length === 2, 'the signal');
  const { event, data } = bob.signals[1]!;
  assert.deepEqual([event, data.conversation, data.uid], ['typing', 'user:alice', 'alice']);
  const holds = Date.parse(String(data.until)) - before;
  assert.ok(holds > 3_000 && holds < 20_000, `${holds} ms`);
  assert.deepEqual(await told(), ['alice to bob'], 'not the one who types');
  assert.deepEqual(
    alice.signals.map(({ event }) => event),
    ['stale'],
  );
});

test('at most one signal in a while, for each user and conversation', async () => {
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob', 'carol');
  for (let i = 0; i < 5; i++) {
    for (const to of ['user:bob', 'group:team']) await type('alice', to);
    await type('bob', 'user:alice');
  }
  assert.deepEqual(await told(), ['alice to bob', 'alice to bob carol', 'bob to alice']);
  const left = await im.redis.pttl(im.keys.typing('ds:alice:bob' as LogName, uid('alice')));
  assert.ok(left > 0 && left <= 2_000, `${left} ms`);
  // When the key has gone, they are told again.
  await im.redis.del(im.keys.typing('ds:alice:bob' as LogName, uid('alice')));
  await type('alice', 'user:bob');
  assert.equal((await told()).length, 4);
});

test('who may not send may not type, and leaves nothing behind', async () => {
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob');
  const refused: [name: string, to: string, code: string][] = [
    ['carol', 'group:team', 'not_member'],
    ['carol', 'group:nowhere', 'group_not_found'],
    ['carol', 'user:nobody', 'user_not_found'],
    ['nobody', 'user:carol', 'user_not_found'],
  ];
  for (const [name, to, code] of refused) await assert.rejects(type(name, to), { code }, to);
  assert.deepEqual([await told(), await im.redis.keys(`${im.keys.prefix}ty:*`)], [[], []]);
});

test('who is silenced, or may not post, does not type', async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
  await im.groups.patch(user('alice'), gid('team'), { postPolicy: 'admins' });
  await assert.rejects(type('bob', 'group:team'), { code: 'posting_restricted' });
  await type('alice', 'group:team');
  await im.groups.patch(user('alice'), gid('team'), { postPolicy: 'members' });
  await im.members.change(user('alice'), gid('team'), uid('bob'), { silencedUntilMs: Date.now() + 60_000 });
  await assert.rejects(type('bob', 'group:team'), { code: 'silenced' });
  assert.deepEqual(await told(), ['alice to bob']);
});

test('a note to oneself, and a group of one, have nobody to tell', async () => {
  await im.people('alice');
  await im.team('alone', 'alice');
  await type('alice', 'user:alice');
  await type('alice', 'group:alone');
  assert.deepEqual(await told(), []);
});

test('in a group of more than so many members nobody can be told', async () => {
  const names = Array.from({ length: RECEIPTS_MAX + 1 }, (_, i) => `m${i}`);
  await im.people(...names);
  await im.groups.put(user('m0'), gid('crowd'), { fields: {} });
  for (const name of names.slice(1, -1)) await im.members.join(backend, gid('crowd'), uid(name));
  await type('m1', 'group:crowd');
  assert.equal((await told())[0]!.split(' ').length, RECEIPTS_MAX + 1);
  await im.members.join(backend, gid('crowd'), uid(names.at(-1)!));
  await assert.rejects(type('m2', 'group:crowd'), { code: 'too_many_members' });
});
