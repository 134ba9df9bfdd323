import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { MessageId } from '../../../src/domain/stream-ids.ts';
import { conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const team = conversation('group:team');
const add = (name: string, id: MessageId, reaction: string, where = team) =>
  im.reactions.add(uid(name), where, id, reaction);
const remove = (name: string, id: MessageId, reaction: string) => im.reactions.remove(uid(name), team, id, reaction);
const inboxOf = async (name: string) => (await im.all(name)).items.map(({ message }) => message);

test('reactions are counted, and each reader sees which are its own', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  const { id } = await im.say('alice', 'group:team', 'lunch?');
  await add('bob', id, '👍');
  await add('carol', id, '👍');
  await add('carol', id, '👍');
  assert.deepEqual(await add('carol', id, 'party:parrot'), [
    { reaction: '👍', count: 2, mine: true },
    { reaction: 'party:parrot', count: 1, mine: true },
  ]);
  const seen = await im.history.get(uid('bob'), team, id);
  assert.deepEqual(seen.reactions, [
    { reaction: '👍', count: 2, mine: true },
    { reaction: 'party:parrot', count: 1, mine: false },
  ]);
  assert.deepEqual((await im.history.page(uid('bob'), team, { limit: 1 })).items, [seen]);
  assert.deepEqual((await im.reactions.list(uid('alice'), team, id, { limit: 9 })).items, [
    { uid: 'bob', reactions: ['👍'] },
    { uid: 'carol', reactions: ['👍', 'party:parrot'] },
  ]);
  await remove('carol', id, '👍');
  await remove('carol', id, '👍');
  await remove('bob', id, '👍');
  assert.deepEqual((await im.history.get(uid('carol'), team, id)).reactions, [
    { reaction: 'party:parrot', count: 1, mine: true },
  ]);
});

test('the author is told of each person once, whatever that person does', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  const { id } = await im.say('alice', 'group:team', 'lunch?');
  const before = (await inboxOf('alice')).length;
  const others = (await inboxOf('carol')).length;
  for (let i = 0; i < 5; i++) {
    await add('bob', id, '👍');
    await remove('bob', id, '👍');
    await add('bob', id, `kind-${i}`);
  }
  await add('alice', id, '👍');
  const told = (await inboxOf('alice')).slice(before);
  assert.equal(told.length, 1);
  const [{ from, action, target, fields, conversation: where }] = told as [NonNullable<(typeof told)[0]>];
  assert.deepEqual([from, action, target, fields.reaction, where], ['bob', 'react', id, '👍', team]);
  await add('carol', id, '👍');
  assert.equal((await inboxOf('alice')).length, before + 2);
  assert.equal((await inboxOf('carol')).length, others, 'nobody else is');
  assert.equal((await im.history.page(uid('alice'), team, { limit: 100 })).items.at(-1)!.id, id, 'and no log');
});

test('who may react: who may send here now, to what is a message still', async () => {
  await im.team('team', 'alice', 'bob');
  const { id } = await im.say('alice', 'group:team', 'hi');
  await assert.rejects(add('carol', id, '👍'), { code: 'not_member' });
  await assert.rejects(add('bob', '1-1' as MessageId, '👍'), { code: 'message_not_found' });
  const [created] = (await im.history.page(uid('bob'), team, { limit: 9 })).items;
  await assert.rejects(add('bob', created!.id, '👍'), { code: 'forbidden' });
  await assert.rejects(im.reactions.list(uid('carol'), team, id, { limit: 9 }), { code: 'not_member' });
  await add('bob', id, '👍');
  await im.editing.erase(uid('alice'), team, id);
  await assert.rejects(add('bob', id, '🎉'), { code: 'message_erased' });
  await remove('bob', id, '👍');
  assert.equal((await im.history.get(uid('bob'), team, id)).reactions, undefined);
  assert.deepEqual((await im.reactions.list(uid('bob'), team, id, { limit: 9 })).items, []);
});

test('an author who has left is not told', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  const { id } = await im.say('bob', 'group:team', 'bye');
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  const before = (await inboxOf('bob')).length;
  await add('carol', id, '👋');
  assert.equal((await inboxOf('bob')).length, before);
});

test('twenty kinds a message, and no more', async () => {
  const { id } = await im.say('alice', 'user:bob', 'hi');
  const toAlice = conversation('user:alice');
  for (let i = 0; i < 20; i++) await add('bob', id, `k${i}`, toAlice);
  await assert.rejects(add('bob', id, 'k20', toAlice), { code: 'too_many_reactions' });
  assert.equal((await add('alice', id, 'k19', conversation('user:bob'))).at(-1)!.count, 2);
});

test('five hundred reactions to one message: a page of the history costs what it always does', async () => {
  const people = Array.from({ length: 500 }, (_, i) => `p${i}`);
  await im.people(...people);
  await im.team('team', 'alice', ...people);
  const { id } = await im.say('alice', 'group:team', 'hi');
  for (const [i, name] of people.entries()) await add(name, id, `k${i % 20}`);
  await im.redis.config('RESETSTAT');
  const { items } = await im.history.page(uid('p7'), team, { limit: 50 });
  const stats = await im.redis.info('commandstats');
  assert.deepEqual(
    items.at(-1)!.reactions?.map(({ count }) => count),
    Array(20).fill(25),
  );
  assert.deepEqual(
    items.at(-1)!.reactions?.filter(({ mine }) => mine),
    [{ reaction: 'k7', count: 25, mine: true }],
  );
  assert.match(stats, /cmdstat_hmget:calls=2,/);
  const all = await im.reactions.list(uid('p7'), team, id, { limit: 1_000 });
  assert.equal(all.items.length, 500);
});
