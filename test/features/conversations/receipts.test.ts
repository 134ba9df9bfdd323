import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogName } from '../../../src/domain/conversations.ts';
import { RECEIPTS_MAX } from '../../../src/domain/signals.ts';
import type { MessageId } from '../../../src/domain/stream-ids.ts';
import { commandCounts, conversation, gid, server, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** Who has read up to where: whom that is told to, and who may ask. */

const { im } = useIm();

const read = (name: string, of: string, upTo: MessageId, receipt?: boolean) =>
  im.conversations.markRead(uid(name), conversation(of), upTo, receipt);
const receipts = async (name: string, of: string) =>
  Object.fromEntries(
    (await im.conversations.receipts(uid(name), conversation(of))).map((one) => [one.uid, one.readUpTo]),
  );

/** Signals since the last call: to whom, and up to where. */
let seen = '-';
async function told(): Promise<[to: string, upTo: string][]> {
  const entries = await im.redis.xrange(im.keys.signals(), seen, '+');
  if (entries.length > 0) seen = `(${entries.at(-1)![0]}`;
  return entries
    .filter(([, flat]) => flat[1] === 'read')
    .map(([, flat]) => [flat[5]!.split(' ').sort().join(' '), flat[9]!]);
}
const fresh = () => {
  seen = '-';
};

test('the two of a chat, and the members of a group, see each other’s receipts, and are told', async () => {
  fresh();
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob', 'carol');
  const direct = await im.say('alice', 'user:bob', 'hi');
  const { id } = await im.say('alice', 'group:team', 'hello');
  await read('bob', 'user:alice', direct.id);
  await read('bob', 'group:team', id);
  assert.deepEqual(await told(), [
    ['alice bob', direct.id],
    ['alice bob carol', id],
  ]);
  for (const [name, peer] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    assert.deepEqual(await receipts(name, `user:${peer}`), { alice: undefined, bob: direct.id });
  }
  assert.deepEqual(await receipts('carol', 'group:team'), { alice: undefined, bob: id, carol: undefined });
});

test('a receipt goes forward only, and a repeat tells nobody', async () => {
  fresh();
  await im.people('alice', 'bob');
  const [one, two] = [await im.say('alice', 'user:bob', '1'), await im.say('alice', 'user:bob', '2')];
  for (const { id } of [two, one, two]) await read('bob', 'user:alice', id);
  assert.deepEqual(await told(), [['alice bob', two.id]]);
  assert.equal((await receipts('alice', 'user:bob')).bob, two.id);
});

test('without a receipt one’s own devices alone are told, and it may be given later', async () => {
  fresh();
  await im.people('alice', 'bob');
  const [one, two] = [await im.say('alice', 'user:bob', '1'), await im.say('alice', 'user:bob', '2')];
  await read('bob', 'user:alice', two.id, false);
  assert.deepEqual(await told(), [['bob', two.id]]);
  assert.deepEqual(await receipts('alice', 'user:bob'), { alice: undefined, bob: undefined });
  await read('bob', 'user:alice', one.id);
  assert.deepEqual(await told(), [['alice', one.id]], 'one’s own know a mark that is further on');
  assert.equal((await receipts('alice', 'user:bob')).bob, one.id);
});

test('a note to oneself has nobody else to tell', async () => {
  fresh();
  await im.people('alice', 'bob');
  const { id } = await im.say('alice', 'user:alice', 'a note');
  await read('alice', 'user:alice', id);
  assert.deepEqual([await told(), await im.redis.exists(im.keys.receipts('ds:alice:alice' as LogName))], [[], 0]);
});

test('in a group of more than so many members nobody else is told, and nobody may ask', async () => {
  fresh();
  const names = Array.from({ length: RECEIPTS_MAX + 1 }, (_, i) => `m${i}`);
  await im.people(...names);
  await im.groups.put(user('m0'), gid('crowd'), { fields: {} });
  for (const name of names.slice(1, -1)) await im.members.join(server, gid('crowd'), uid(name));
  const { id: small } = await im.say('m0', 'group:crowd', 'a hundred');
  await read('m1', 'group:crowd', small);
  assert.equal((await told())[0]![0].split(' ').length, RECEIPTS_MAX);
  assert.equal(Object.keys(await receipts('m2', 'group:crowd')).length, RECEIPTS_MAX);
  await im.members.join(server, gid('crowd'), uid(names.at(-1)!));
  const { id: large } = await im.say('m0', 'group:crowd', 'a hundred and one');
  await read('m1', 'group:crowd', large);
  assert.deepEqual(await told(), [['m1', large]]);
  assert.equal(await im.redis.hget(im.keys.receipts('gs:crowd' as LogName), 'm1'), small);
  await assert.rejects(im.conversations.receipts(uid('m2'), conversation('group:crowd')), { code: 'too_many_members' });
});

test('who is not in it learns nothing, and who leaves is not told of any more', async () => {
  await im.people('alice', 'bob', 'carol');
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'hello');
  const direct = await im.say('alice', 'user:bob', 'hi');
  await read('bob', 'group:team', id);
  await read('bob', 'user:alice', direct.id);
  const refused: [name: string, of: string, code: string][] = [
    ['carol', 'group:team', 'not_member'],
    ['carol', 'group:nowhere', 'group_not_found'],
    ['carol', 'user:bob', 'conversation_not_found'],
    ['carol', 'user:nobody', 'conversation_not_found'],
  ];
  for (const [name, of, code] of refused) await assert.rejects(receipts(name, of), { code }, of);
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  assert.deepEqual(await receipts('alice', 'group:team'), { alice: undefined });
  await im.members.join(server, gid('team'), uid('bob'));
  assert.deepEqual(await receipts('alice', 'group:team'), { alice: undefined, bob: undefined });
});

test('receipts go with the group and with the user; a new user of the name has given none', async () => {
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'hello');
  const direct = await im.say('alice', 'user:bob', 'hi');
  await read('bob', 'group:team', id);
  await read('bob', 'user:alice', direct.id);
  await im.groups.remove(user('alice'), gid('team'));
  assert.equal(await im.redis.exists(im.keys.receipts('gs:team' as LogName)), 0);
  await im.users.remove(uid('bob'));
  await im.people('bob');
  assert.deepEqual(await receipts('alice', 'user:bob'), { alice: undefined, bob: undefined });
});

test('a new user of a name is not told what the former one was told', async () => {
  await im.people('alice', 'bob');
  const { id } = await im.say('alice', 'user:bob', 'to the former one');
  await im.say('bob', 'user:alice', 'from the former one');
  await read('alice', 'user:bob', id);
  const { id: before } = await im.say('alice', 'user:bob', 'before');
  await read('bob', 'user:alice', before);
  await im.users.remove(uid('alice'));
  await im.people('alice');
  await im.say('bob', 'user:alice', 'to the new one');
  assert.deepEqual(await receipts('alice', 'user:bob'), { alice: undefined, bob: undefined });
  assert.equal((await receipts('bob', 'user:alice')).bob, before);
});

test('a read in a group of a hundred costs few calls', async () => {
  const names = Array.from({ length: RECEIPTS_MAX }, (_, i) => `m${i}`);
  await im.people(...names);
  await im.groups.put(user('m0'), gid('crowd'), { fields: {} });
  for (const name of names.slice(1)) await im.members.join(server, gid('crowd'), uid(name));
  const { id } = await im.say('m0', 'group:crowd', 'hi');
  await im.redis.config('RESETSTAT');
  await read('m1', 'group:crowd', id);
  const { info: _info, config: _config, ...counts } = await commandCounts(im.redis);
  const calls = Object.values(counts).reduce((sum, n) => sum + n, 0);
  assert.ok(calls <= 26, JSON.stringify(counts));
});
