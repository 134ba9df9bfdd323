import assert from 'node:assert/strict';
import { test } from 'node:test';
import { server as backend, commandCounts, conversation, gid, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** A group of 1,000 with admins, silenced and banned people: what each operation asks of Redis stays within bounds. */

const { im } = useIm();
const SIZE = 1_000;
const team = gid('big');
const toTeam = conversation('group:big');
const NAMES = Array.from({ length: SIZE }, (_, i) => `m${String(i).padStart(4, '0')}`);

/** How often each command runs meanwhile. */
async function callsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await commandCounts(im.redis);
  await work();
  const now = await commandCounts(im.redis);
  const counts = Object.entries(now).map(([name, n]) => [name, n - (before[name] ?? 0)] as const);
  return Object.fromEntries(counts.filter(([name, n]) => n > 0 && name !== 'info'));
}

/** All calls but those that write an inbox or the feed. */
const beside = ({ xadd: _, ...counts }: Record<string, number>) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

test('1,000 members with roles: what an operation costs is that of its answer and its recipients', async () => {
  await im.people(...NAMES, 'out');
  await im.groups.put(user(NAMES[0]!), team, { fields: {} });
  for (let i = 0; i < SIZE; i += 100) await im.members.add(backend, team, NAMES.slice(i, i + 100).map(uid));
  for (const name of NAMES.slice(1, 6)) await im.members.change(backend, team, uid(name), { role: 'admin' });
  const silencedUntilMs = Date.now() + 3_600_000;
  for (const name of NAMES.slice(6, 12)) await im.members.change(backend, team, uid(name), { silencedUntilMs });
  await im.bans.ban(backend, team, uid('out'));
  const { id } = await im.say(NAMES[20]!, 'group:big', 'hello');
  // What is loaded when it is used for the first time.
  await im.editing.edit(uid(NAMES[20]!), toTeam, id, { text: 'warm' });
  await im.history.page(uid(NAMES[30]!), toTeam, { limit: 1 });

  const listed = await callsOf(async () => {
    const { items } = await im.members.list(backend, team, { limit: SIZE });
    assert.equal(items.length, SIZE);
    assert.equal(items.filter(({ role }) => role === 'admin').length, 5);
    assert.equal(items.filter(({ silencedUntil }) => silencedUntil !== undefined).length, 6);
  });
  assert.deepEqual(listed, { hmget: 2, smembers: 1 });

  const change = await callsOf(() => im.members.change(user(NAMES[0]!), team, uid(NAMES[40]!), { role: 'admin' }));
  const sent = await callsOf(() => im.say(NAMES[1]!, 'group:big', 'all of you'));
  const edited = await callsOf(() => im.editing.edit(uid(NAMES[20]!), toTeam, id, { text: 'hello, all' }));
  // The log, each inbox, and the feed: an entry for each 500 recipients.
  for (const { xadd } of [change, sent, edited]) assert.equal(xadd, 1 + SIZE + 2);
  assert.ok(beside(change) <= 16, JSON.stringify(change));
  assert.ok(beside(sent) <= 12, JSON.stringify(sent));
  // Whether anybody has a floor is asked of 50 at once.
  assert.ok(beside(edited) <= 25 + SIZE / 50, JSON.stringify(edited));

  const page = await callsOf(async () => {
    const { items } = await im.history.page(uid(NAMES[30]!), toTeam, { limit: 10 });
    assert.equal(items.length, 10);
  });
  assert.ok(beside(page) <= 20, JSON.stringify(page));
});

test('who has a floor is passed over by an edit, among many who have none', async () => {
  await im.people(...NAMES.slice(0, 120));
  await im.groups.put(user(NAMES[0]!), team, { fields: {}, historyPolicy: 'joined' });
  const { id } = await im.say(NAMES[0]!, 'group:big', 'before');
  await im.groups.patch(user(NAMES[0]!), team, { historyPolicy: 'all' });
  await im.members.add(backend, team, NAMES.slice(1, 100).map(uid));
  await im.groups.patch(user(NAMES[0]!), team, { historyPolicy: 'joined' });
  await im.members.add(backend, team, NAMES.slice(100, 120).map(uid));
  await im.editing.edit(uid(NAMES[0]!), toTeam, id, { text: 'after' });
  const told = async (name: string) => (await im.all(name)).items.some(({ message }) => message.action === 'edit');
  for (const [i, isTold] of [
    [1, true],
    [99, true],
    [100, false],
    [119, false],
  ] as const) {
    assert.equal(await told(NAMES[i]!), isTold, NAMES[i]);
  }
});
