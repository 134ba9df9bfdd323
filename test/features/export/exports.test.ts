import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type ExportLine, Exports } from '../../../src/features/export/exports.ts';
import { server as backend, commandCounts, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** What is in an export: everything that is the user's, and nothing that it may not read. */

const { im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const [alice, bob, team] = [uid('alice'), uid('bob'), gid('team')];
const toTeam = conversation('group:team');

async function linesOf(name: string, between: (lines: ExportLine[]) => unknown = () => {}): Promise<ExportLine[]> {
  const lines: ExportLine[] = [];
  for await (const part of new Exports(im).lines(uid(name))) {
    lines.push(...part);
    await between(part);
  }
  return lines;
}

type Type = ExportLine['type'];
const dataOf = <T extends Type>(lines: ExportLine[], type: T) =>
  lines.flatMap((line) => (line.type === type ? [line.data as Extract<ExportLine, { type: T }>['data']] : []));
/** Messages as `<conversation> <own> <text>`. */
const textsOf = (lines: ExportLine[]) =>
  lines.flatMap((line) => {
    if (line.type !== 'message' || (line.data.action && line.data.action !== 'gone')) return [];
    return [`${line.data.conversation} ${line.own} ${line.data.action ?? line.data.fields.text}`];
  });

test('the profile, contacts, blocks, memberships, conversations and messages, and how many there were', async () => {
  await im.users.merge(alice, { city: 'Bern' }, { attributes: { plan: 'pro' }, directPolicy: 'contacts' });
  await im.team('team', 'bob', 'alice');
  await im.members.change(backend, team, alice, { role: 'admin' });
  await im.contacts.link(alice, bob);
  await im.blocks.block(alice, uid('carol'));
  await im.devices.put(alice, 'phone', { kind: 'fcm', token: 'a token' });
  const { id } = await im.say('alice', 'user:bob', 'helo');
  await im.editing.edit(alice, conversation('user:bob'), id, { text: 'hello' });
  const answer = await im.say('bob', 'user:alice', 'hi');
  await im.reactions.add(alice, conversation('user:bob'), answer.id, '+1');
  await im.conversations.markRead(alice, conversation('user:bob'), answer.id);
  await im.conversations.change(alice, conversation('user:bob'), { pinned: true });
  const lines = await linesOf('alice');
  assert.deepEqual(
    lines.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]),
    ['user', 'contact', 'block', 'device', 'membership', 'conversation', 'message', 'end'],
  );
  assert.deepEqual(dataOf(lines, 'user'), [await im.users.get(alice)]);
  assert.deepEqual(dataOf(lines, 'contact'), (await im.contacts.list(alice, { limit: 9 })).items);
  assert.deepEqual(dataOf(lines, 'block'), (await im.blocks.list(alice, { limit: 9 })).items);
  assert.deepEqual(dataOf(lines, 'device'), await im.devices.list(alice));
  assert.ok(!JSON.stringify(lines).includes('a token'));
  assert.deepEqual(dataOf(lines, 'membership'), [
    { group: await im.groups.get(team), member: { uid: 'alice', role: 'admin' } },
  ]);
  const byName = (a: { conversation: string }, b: { conversation: string }) =>
    a.conversation < b.conversation ? -1 : 1;
  assert.deepEqual(
    dataOf(lines, 'conversation').sort(byName),
    (await im.conversations.list(alice, { limit: 9 })).items.sort(byName),
  );
  const histories = await Promise.all(
    ['group:team', 'user:bob'].map((name) => im.history.page(alice, conversation(name), { limit: 100 })),
  );
  assert.deepEqual(
    dataOf(lines, 'message').sort((a, b) => (a.conversation < b.conversation ? -1 : 0)),
    histories.flatMap(({ items }) => items),
  );
  assert.deepEqual(textsOf(lines), ['user:bob true hello', 'user:bob false hi']);
  assert.deepEqual(dataOf(lines, 'end'), [
    {
      contacts: 2,
      blocks: 1,
      devices: 1,
      memberships: 1,
      conversations: 2,
      messages: histories.flatMap((one) => one.items).length,
      own: 1,
    },
  ]);
});

test('of groups that were left it has what the user has sent, without what others have made of it', async () => {
  await im.team('team', 'bob', 'alice');
  await im.say('bob', 'group:team', 'before');
  const own = await im.say('alice', 'group:team', 'mine');
  await im.editing.edit(alice, toTeam, own.id, { text: 'mine, edited' });
  const slip = await im.say('alice', 'group:team', 'a slip');
  await im.editing.erase(alice, toTeam, slip.id);
  await im.members.quit(user('alice'), team, alice);
  await im.reactions.add(bob, toTeam, own.id, '+1');
  await im.messages.send(bob, toTeam, { fields: { text: 'a reply' }, replyTo: own.id });
  const lines = await linesOf('alice');
  assert.deepEqual(textsOf(lines), ['group:team true mine, edited']);
  const [message] = dataOf(lines, 'message');
  assert.deepEqual(Object.keys(message!).sort(), ['conversation', 'editedAt', 'fields', 'from', 'id', 'sentAt']);
  assert.deepEqual(dataOf(lines, 'membership'), []);
});

test('a group made anew under the name of one that was left is none of the user’s', async () => {
  await im.team('team', 'bob', 'alice');
  await im.members.quit(user('alice'), team, alice);
  await im.groups.remove(user('bob'), team);
  await im.team('team', 'bob');
  await im.redis.xadd(im.keys.log('gs:team' as never), '9999999999999-2', 'uid', 'alice', 'n', '1', 'text', 'x');
  assert.deepEqual(textsOf(await linesOf('alice')), []);
});

test('below a floor there are the user’s own messages alone, and of a former user of the name none', async () => {
  await im.team('team', 'bob', 'alice');
  for (const to of ['group:team', 'user:bob']) await im.say('alice', to, 'of the former one');
  await im.users.remove(alice);
  await im.people('alice');
  await im.members.join(backend, team, alice);
  await im.say('alice', 'group:team', 'mine');
  await im.say('bob', 'group:team', 'of bob');
  await im.say('alice', 'user:bob', 'to bob');
  await im.say('bob', 'user:alice', 'to alice');
  assert.deepEqual(textsOf(await linesOf('alice')).sort(), [
    'group:team false of bob',
    'group:team false of the former one',
    'group:team true mine',
    'user:bob false to alice',
    'user:bob true to bob',
  ]);
  await im.conversations.hide(alice, conversation('user:bob'));
  await im.members.quit(user('alice'), team, alice);
  await im.groups.patch(backend, team, { historyPolicy: 'joined' });
  await im.members.join(backend, team, alice);
  await im.say('bob', 'group:team', 'hello again');
  assert.deepEqual(textsOf(await linesOf('alice')).sort(), [
    'group:team false hello again',
    'group:team true mine',
    'user:bob true to bob',
  ]);
});

test('who leaves a group meanwhile gets no more of the others, and the rest of its own', async () => {
  await im.team('team', 'bob', 'alice');
  for (let i = 0; i < 90; i++) await im.say(i % 2 ? 'alice' : 'bob', 'group:team', `${i}`);
  let isFirst = true;
  const lines = await linesOf('alice', async (part) => {
    if (part[0]?.type !== 'message' || !isFirst) return;
    isFirst = false;
    await im.members.quit(user('alice'), team, alice);
  });
  const texts = textsOf(lines).map((text) => text.split(' ')[2]!);
  const seen = Number(texts.find((text, i) => Number(texts[i + 1]) - Number(text) > 1));
  assert.ok(seen > 30 && seen < 60, `${seen}`);
  assert.deepEqual(
    texts.map(Number),
    Array.from({ length: 90 }, (_, i) => i).filter((i) => i <= seen || i % 2),
  );
  assert.equal(dataOf(lines, 'end').length, 1);
});

test('nobody has an export who is not there, or is another one by now', async () => {
  await assert.rejects(linesOf('nobody'), { code: 'user_not_found' });
  let isFirst = true;
  const meanwhile = linesOf('alice', async () => {
    if (!isFirst) return;
    isFirst = false;
    await im.users.remove(alice);
    await im.people('alice');
  });
  await assert.rejects(meanwhile, { code: 'user_not_found' });
});

test('it is read in small parts', async () => {
  await im.team('team', 'bob', 'alice');
  const log = im.keys.log('gs:team' as never);
  const pipeline = im.redis.pipeline();
  for (let i = 1; i <= 2_000; i++) pipeline.xadd(log, `9999999999999-${i + 9}`, 'uid', 'bob', 'n', `${i}`, 'text', 'x');
  await pipeline.exec();
  const calls = async () => (await commandCounts(im.redis)).evalsha ?? 0;
  const sizes: number[] = [];
  await linesOf('alice', (part) => sizes.push(part.length));
  assert.ok(Math.max(...sizes) <= 50, `${Math.max(...sizes)} lines at once`);
  await im.members.quit(user('alice'), team, alice);
  const before = await calls();
  await linesOf('alice');
  assert.ok((await calls()) - before > 20, 'and what others have sent is passed over in steps');
});
