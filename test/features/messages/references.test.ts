import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { MessageId } from '../../../src/domain/stream-ids.ts';
import { conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** What a message refers to: another one that it replies to, and people whom it mentions. */

const { im } = useIm();
beforeEach(async () => {
  await im.people('alice', 'bob', 'carol', 'dave');
  await im.team('team', 'alice', 'bob', 'carol');
});

const team = conversation('group:team');
type References = { replyTo?: MessageId; mentions?: string[]; clientMessageId?: string };
const say = async (from: string, text: string, references: References, where = team) =>
  (await im.messages.send(uid(from), where, { fields: { text }, ...references })).message;
const replies = async (mid: MessageId, range: object = {}) =>
  im.history.replies(uid('bob'), team, mid, { limit: 100, ...range });
const mentionsOf = async (name: string) => (await im.conversations.get(uid(name), team)).mentions;

test('a reply names its message everywhere, which counts its replies', async () => {
  const { id } = await im.say('alice', 'group:team', 'lunch?');
  const reply = await say('bob', 'yes', { replyTo: id });
  assert.equal(reply.replyTo, id);
  assert.deepEqual((await im.all('carol')).items.at(-1)!.message.replyTo, id);
  await say('carol', 'no', { replyTo: id });
  await say('carol', 'why not?', { replyTo: reply.id });
  assert.equal((await im.history.get(uid('carol'), team, id)).replyCount, 2);
  assert.deepEqual(
    (await replies(id)).items.map((one) => one.fields.text),
    ['yes', 'no'],
  );
  await im.editing.erase(uid('bob'), team, reply.id);
  assert.equal((await im.history.get(uid('carol'), team, id)).replyCount, 1);
  assert.deepEqual(
    (await replies(id)).items.map((one) => one.fields.text),
    ['no'],
  );
  assert.equal((await replies(reply.id)).items.length, 1, 'the replies to what was erased stay');
});

test('replies come in order, page by page, and an erased one in between skips none', async () => {
  const { id } = await im.say('alice', 'group:team', '?');
  const ids: MessageId[] = [];
  for (let i = 0; i < 25; i++) {
    ids.push((await say('bob', `${i}`, { replyTo: id })).id);
    await im.say('alice', 'group:team', 'in between');
  }
  const first = await replies(id, { limit: 10 });
  assert.deepEqual(
    first.items.map((one) => one.id),
    ids.slice(0, 10),
  );
  await im.editing.erase(uid('bob'), team, ids[9]!);
  const second = await replies(id, { limit: 10, after: first.next });
  assert.deepEqual(
    second.items.map((one) => one.id),
    ids.slice(10, 20),
  );
  assert.deepEqual(
    (await replies(id, { limit: 10, after: second.next })).items.map((one) => one.id),
    ids.slice(20),
  );
});

test('a reply names a message that is there and that its sender may read', async () => {
  await assert.rejects(say('alice', 'x', { replyTo: '1-1' as MessageId }), { code: 'message_not_found' });
  const [created] = (await im.history.page(uid('alice'), team, { limit: 1 })).items;
  await assert.rejects(say('alice', 'x', { replyTo: created!.id }), { code: 'message_not_found' });
  const direct = await im.say('alice', 'user:bob', 'here');
  await assert.rejects(
    say('alice', 'x', { replyTo: direct.id }),
    { code: 'message_not_found' },
    'of this conversation',
  );
  const { id } = await im.say('alice', 'group:team', 'hi');
  await im.editing.erase(uid('alice'), team, id);
  await assert.rejects(say('bob', 'x', { replyTo: id }), { code: 'message_not_found' });
});

test('a repeated reply is answered with the first, whatever became of what it replied to', async () => {
  const { id } = await im.say('alice', 'group:team', 'hi');
  const references = { replyTo: id, mentions: ['alice'], clientMessageId: 'r-1' };
  const first = await say('bob', 'hello', references);
  await im.editing.erase(uid('alice'), team, id);
  const repeated = await say('bob', 'hello', references);
  assert.deepEqual({ ...repeated, fields: { ...repeated.fields } }, first);
  await assert.rejects(say('bob', 'hello', { clientMessageId: 'r-1' }), { code: 'client_message_id_reused' });
});

test('who is mentioned has it counted until it is read', async () => {
  const first = await say('alice', 'bob?', { mentions: ['bob', 'bob', 'alice'] });
  assert.deepEqual(first.mentions, ['bob', 'alice']);
  assert.deepEqual((await im.all('carol')).items.at(-1)!.message.mentions, ['bob', 'alice']);
  await im.say('alice', 'group:team', 'well?');
  await say('carol', 'bob!', { mentions: ['bob'] });
  assert.deepEqual(await Promise.all(['alice', 'bob', 'carol'].map(mentionsOf)), [0, 2, 0]);
  assert.deepEqual(await im.conversations.unread(uid('bob')), { unread: 3, mentions: 2 });
  await im.conversations.markRead(uid('bob'), team, first.id);
  assert.equal(await mentionsOf('bob'), 1);
});

test('an erased message mentions nobody any more', async () => {
  const one = await say('alice', 'bob?', { mentions: ['bob'] });
  const all = await say('alice', 'all?', { mentions: ['*'] });
  assert.equal(await mentionsOf('bob'), 2);
  await im.editing.erase(uid('alice'), team, one.id);
  await im.editing.erase(uid('alice'), team, all.id);
  assert.deepEqual(await im.conversations.unread(uid('bob')), { unread: 0, mentions: 0 });
});

test('everybody is mentioned by the owner of a group alone', async () => {
  await assert.rejects(say('bob', 'all!', { mentions: ['*'] }), { code: 'forbidden' });
  await assert.rejects(say('bob', 'all!', { mentions: ['*'] }, conversation('user:alice')), {
    code: 'mention_outside',
  });
  assert.deepEqual((await say('alice', 'all!', { mentions: ['bob', '*'] })).mentions, ['*']);
  assert.deepEqual(await Promise.all(['alice', 'bob', 'carol'].map(mentionsOf)), [0, 1, 1]);
});

test('who is not in the conversation can not be mentioned', async () => {
  await assert.rejects(say('alice', 'x', { mentions: ['bob', 'dave'] }), {
    code: 'mention_outside',
    message: /"dave"/,
  });
  await assert.rejects(say('alice', 'x', { mentions: ['carol'] }, conversation('user:bob')), {
    code: 'mention_outside',
  });
  assert.equal(await mentionsOf('bob'), 0, 'nothing is half written');
  await say('alice', 'x', { mentions: ['bob'] }, conversation('user:bob'));
  assert.equal((await im.conversations.get(uid('bob'), conversation('user:alice'))).mentions, 1);
});

test('mentions go with the membership, and with the user', async () => {
  await say('alice', 'x', { mentions: ['bob', 'carol'] });
  await im.members.quit(user('bob'), gid('team'), uid('bob'));
  await im.users.remove(uid('carol'));
  assert.equal(await im.redis.exists(im.keys.mentions(uid('bob')), im.keys.mentions(uid('carol'))), 0);
});

test('a message without replies has none, though a later one has', async () => {
  const { id } = await im.say('alice', 'group:team', 'unanswered');
  const later = await im.say('alice', 'group:team', 'lunch?');
  await say('bob', 'yes', { replyTo: later.id });
  assert.deepEqual(await replies(id), { items: [] });
});
