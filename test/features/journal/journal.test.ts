import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Cursor } from '../../../src/domain/stream-ids.ts';
import { JournalSource } from '../../../src/features/journal/journal-source.ts';
import { moveEpoch } from '../../../src/redis/meta/commands.ts';
import { loadFunctions } from '../../helpers/functions.ts';
import { server as backend, conversation, gid, type Im, startIm, uid, user } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

/** What is in the journal, when it is written, and what whoever comes back is told. */

const { server, im } = useIm();
beforeEach(() => im.people('alice', 'bob', 'carol'));

const LIMITS = { count: 1_000, maxBytes: 1_000_000 };

interface Event {
  type: string;
  timestamp: string;
  data: Record<string, unknown> & { message?: { action?: string; fields: Record<string, string> } };
}

async function pageOf(of: Im, name: string, start: 'oldest' | 'acknowledged' | Cursor = 'acknowledged') {
  const source = new JournalSource(of.journal, name);
  const page = await source.page(await source.resolve(start), LIMITS);
  return { ...page, events: page.items.map(({ json }) => JSON.parse(json) as Event) };
}
const page = (name = 'one', start: 'oldest' | 'acknowledged' | Cursor = 'acknowledged') => pageOf(im, name, start);
const types = async (name?: string) => (await page(name)).events.map(({ type }) => type);
const wants = () => im.redis.hget(im.keys.meta(), 'wants');
const say = (text: string) => im.say('alice', 'user:bob', text);

/** What Redis did for some work within scripts, by command and key. */
async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
  const monitor = await im.redis.monitor();
  const seen: string[] = [];
  const over = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, words: string[], source: string) => {
      if (words[1] === 'over') resolve();
      else if (source === 'lua')
        seen.push(`${words[0]} ${words[1]?.slice(im.keys.prefix.length).replace(/^i:.*/, 'i:')}`);
    });
  });
  await work();
  await im.redis.echo('over');
  await over;
  monitor.disconnect();
  return seen;
}

test('a send costs nothing while nobody wants the journal, and one entry where somebody does, also in a group', async () => {
  await im.team('team', 'alice', 'bob', 'carol');
  for (const to of ['user:bob', 'group:team']) {
    await im.say('alice', to, 'warm');
    const off = await commandsOf(() => im.say('alice', to, 'x'));
    assert.ok(!off.some((command) => command.includes('journal')), off.join());
    await im.consumers.put('one');
    const on = await commandsOf(() => im.say('alice', to, 'x'));
    await im.consumers.remove('one');
    assert.deepEqual(
      on.filter((command) => command !== 'XADD journal'),
      off,
    );
    assert.equal(on.length, off.length + 1);
  }
});

test('everything that is decided is in it once, in its order', async () => {
  await im.consumers.put('one');
  await im.people('dave');
  await im.users.merge(uid('dave'), { name: 'Dave' });
  await im.users.merge(uid('dave'), { name: 'Dave' });
  await im.blocks.block(uid('alice'), uid('dave'));
  await im.blocks.block(uid('alice'), uid('dave'));
  await im.blocks.unblock(uid('alice'), uid('dave'));
  await im.blocks.unblock(uid('alice'), uid('dave'));
  await im.revocations.suspend(uid('dave'));
  await im.revocations.lift(uid('dave'));
  const team = gid('team');
  const toTeam = conversation('group:team');
  await im.groups.put(user('alice'), team, { fields: {}, joinPolicy: 'approval' });
  await im.groups.patch(user('alice'), team, { fields: { name: 'Team' } });
  await im.groups.patch(user('alice'), team, { fields: { name: 'Team' } });
  await im.members.join(user('bob'), team, uid('bob'));
  await im.members.approve(user('alice'), team, uid('bob'));
  await im.members.join(user('carol'), team, uid('carol'));
  await im.members.refuse(user('alice'), team, uid('carol'));
  await im.members.add(backend, team, [uid('carol'), uid('dave')]);
  await im.members.change(user('alice'), team, uid('bob'), { role: 'admin' });
  const { id } = await im.say('bob', 'group:team', 'hello');
  await im.editing.edit(uid('bob'), toTeam, id, { text: 'hello!' });
  await im.reactions.add(uid('alice'), toTeam, id, 'ok');
  await im.reactions.add(uid('alice'), toTeam, id, 'ok');
  await im.reactions.remove(uid('alice'), toTeam, id, 'ok');
  await im.messages.createEvent(uid('bob'), toTeam, { fields: { text: 'a call' } });
  await im.editing.erase(uid('bob'), toTeam, id);
  await im.editing.erase(uid('bob'), toTeam, id);
  await im.members.quit(user('carol'), team, uid('carol'));
  await im.bans.ban(user('alice'), team, uid('bob'));
  await im.bans.lift(user('alice'), team, uid('bob'));
  await im.groups.patch(backend, team, { owner: uid('dave') });
  await im.groups.remove(user('dave'), team);
  await im.users.remove(uid('dave'), { erasesMessages: false });
  const { events, gap } = await page();
  assert.equal(gap, undefined);
  const without = ({ data: { message, ...data }, type }: Event) => [type, message ? 'message' : data];
  assert.deepEqual(events.map(without), [
    ['user.created', { uid: 'dave' }],
    ['user.updated', { uid: 'dave' }],
    ['block.added', { uid: 'alice', peer: 'dave' }],
    ['block.removed', { uid: 'alice', peer: 'dave' }],
    ['user.suspended', { uid: 'dave' }],
    ['user.unsuspended', { uid: 'dave' }],
    ['group.created', { gid: 'team', owner: 'alice', by: 'alice' }],
    ['group.updated', { gid: 'team', owner: 'alice', by: 'alice' }],
    ['request.created', { gid: 'team', uid: 'bob' }],
    ['member.joined', { gid: 'team', uid: 'bob', by: 'alice' }],
    ['request.created', { gid: 'team', uid: 'carol' }],
    ['request.removed', { gid: 'team', uid: 'carol', by: 'alice' }],
    ['member.joined', { gid: 'team', uid: 'carol' }],
    ['member.joined', { gid: 'team', uid: 'dave' }],
    ['member.updated', { gid: 'team', uid: 'bob', by: 'alice', role: 'admin' }],
    ['message.created', 'message'],
    ['message.edited', 'message'],
    [
      'reaction.added',
      { conversation: 'group:team', conversationKind: 'group', target: id, uid: 'alice', reaction: 'ok' },
    ],
    [
      'reaction.removed',
      { conversation: 'group:team', conversationKind: 'group', target: id, uid: 'alice', reaction: 'ok' },
    ],
    ['event.created', 'message'],
    ['message.erased', 'message'],
    ['member.left', { gid: 'team', uid: 'carol' }],
    ['member.left', { gid: 'team', uid: 'bob', by: 'alice' }],
    ['member.banned', { gid: 'team', uid: 'bob', by: 'alice' }],
    ['member.unbanned', { gid: 'team', uid: 'bob', by: 'alice' }],
    ['group.updated', { gid: 'team', owner: 'dave' }],
    ['group.removed', { gid: 'team', owner: 'dave', by: 'dave' }],
    ['user.removed', { uid: 'dave' }],
  ]);
});

test('a message is as on the wire, named as its sender does, with the kind of its conversation', async () => {
  await im.consumers.put('one');
  const sent = await say('hi');
  await im.groups.put(user('alice'), gid('news'), { fields: {}, kind: 'channel' });
  const told = await im.say('alice', 'group:news', 'news');
  await im.reactions.add(uid('alice'), conversation('group:news'), told.id, 'ok');
  const { events } = await page();
  assert.deepEqual(events[0]!.data, { conversationKind: 'direct', message: { ...sent, fields: { text: 'hi' } } });
  assert.equal(sent.conversation, 'user:bob');
  assert.deepEqual(
    events.slice(1).map(({ data }) => data.conversationKind),
    [undefined, 'channel', 'channel'],
  );
  assert.ok(Math.abs(Date.parse(events[0]!.timestamp) - Date.now()) < 60_000);
});

test('what is refused, repeated or changes nothing is not in it', async () => {
  await im.consumers.put('one');
  const body = { fields: { text: 'x' }, clientMessageId: 'c' };
  await im.messages.send(uid('alice'), conversation('user:bob'), body);
  await im.messages.send(uid('alice'), conversation('user:bob'), body);
  await assert.rejects(im.say('alice', 'user:nobody', 'x'));
  await assert.rejects(im.say('alice', 'group:nothing', 'x'));
  await im.messages.sendMany([
    { uid: uid('alice'), conversation: conversation('user:bob'), fields: { text: '1' } },
    { uid: uid('alice'), conversation: conversation('user:nobody'), fields: { text: '2' } },
    { uid: uid('alice'), conversation: conversation('user:carol'), fields: { text: '3' } },
  ]);
  assert.deepEqual(await types(), ['message.created', 'message.created', 'message.created']);
});

test('the text of a message is never in it, and what was erased is told without one', async () => {
  await im.consumers.put('one');
  const { id } = await say('a secret');
  await im.editing.edit(uid('alice'), conversation('user:bob'), id, { text: 'another secret' });
  assert.deepEqual(
    (await page()).events.map(({ data }) => data.message!.fields.text),
    ['a secret', 'another secret'],
  );
  assert.doesNotMatch(JSON.stringify(await im.redis.xrange(im.keys.journal(), '-', '+')), /secret/);
  await im.editing.erase(uid('alice'), conversation('user:bob'), id);
  const { events } = await page();
  assert.deepEqual(
    events.map(({ type, data }) => [type, data.message!.action]),
    [
      ['message.created', 'gone'],
      ['message.edited', 'gone'],
      ['message.erased', 'erase'],
    ],
  );
  assert.doesNotMatch(JSON.stringify(events), /secret/);
  await im.users.remove(uid('alice'), { erasesMessages: true });
});

test('removing a user with its messages tells of each that it is erased', async () => {
  await say('1');
  await say('2');
  await im.consumers.put('one');
  await im.users.remove(uid('alice'), { erasesMessages: true });
  assert.deepEqual((await types()).toSorted(), ['message.erased', 'message.erased', 'user.removed']);
});

test('a consumer is told again what it has not acknowledged, and nothing that it has', async () => {
  await im.consumers.put('one');
  for (const text of ['1', '2', '3']) await say(text);
  const { items } = await page();
  assert.equal(items.length, 3);
  assert.equal((await im.consumers.acknowledge('one', items[1]!.cursor)).acknowledged, items[1]!.cursor);
  assert.deepEqual(
    (await page()).events.map(({ data }) => data.message!.fields.text),
    ['3'],
  );
  // It never goes back, and not beyond the end.
  assert.equal((await im.consumers.acknowledge('one', items[0]!.cursor)).acknowledged, items[1]!.cursor);
  const [ms, n] = items[2]!.cursor.split('-') as [string, string];
  await assert.rejects(im.consumers.acknowledge('one', `${ms}-${Number(n) + 1}` as Cursor), { code: 'invalid_cursor' });
  await assert.rejects(im.consumers.acknowledge('two', items[0]!.cursor), { code: 'consumer_not_found' });
  await assert.rejects(page('two'), { code: 'consumer_not_found' });
});

test('it is kept for the slowest of its consumers, and for none who has stayed away for too long', async () => {
  await im.consumers.put('slow');
  await im.consumers.put('fast');
  for (let i = 0; i < 300; i++) await say(`${i}`);
  const { next } = await page('fast');
  await im.consumers.acknowledge('fast', next);
  assert.equal(await im.redis.xlen(im.keys.journal()), 300);
  assert.equal((await page('slow')).items.length, 300);
  const [acknowledged, , retention, created] = (await im.redis.hget(im.keys.journalConsumers(), 'slow'))!.split(' ');
  await im.redis.hset(im.keys.journalConsumers(), 'slow', `${acknowledged} 1 ${retention} ${created}`);
  await im.consumers.acknowledge('fast', next);
  // Redis takes whole nodes.
  assert.ok((await im.redis.xlen(im.keys.journal())) <= 100);
  assert.equal((await page('slow')).gap?.reason, 'trimmed');
  assert.equal((await page('fast')).gap, undefined);
});

test('whoever is slower than the journal is long is told of a gap', async () => {
  const small = await startIm(server, { journalMax: 100 });
  await small.people('alice', 'bob');
  await small.consumers.put('one');
  for (let i = 0; i < 400; i++) await small.say('alice', 'user:bob', `${i}`);
  assert.ok((await small.redis.xlen(small.keys.journal())) <= 200);
  const { gap, events } = await pageOf(small, 'one');
  assert.equal(gap?.reason, 'trimmed');
  assert.equal(gap.lost, undefined);
  assert.equal(events.at(-1)!.data.message!.fields.text, '399');
  small.close();
});

test('once nobody wants it nothing is written, nothing is kept, and who comes back is told of a gap', async () => {
  await im.consumers.put('one');
  await say('1');
  const { next } = await page();
  await im.consumers.acknowledge('one', next);
  // It stayed away for too long; the first to decide something notes it, whatever the clock says then.
  await im.redis.hset(im.keys.meta(), 'wants', 1);
  await say('2');
  assert.equal(await wants(), null);
  assert.equal(await im.redis.xlen(im.keys.journal()), 0);
  const back = await page();
  assert.equal(back.gap?.reason, 'trimmed');
  assert.deepEqual(back.events, []);
  assert.ok(Number(await wants()) > Date.now());
  await say('3');
  assert.deepEqual(
    (await page('one', back.next)).events.map(({ data }) => data.message!.fields.text),
    ['3'],
  );
  assert.equal((await page('one', back.next)).gap, undefined);
});

test('also where nothing had been written yet, or nothing was left to be noted', async () => {
  await im.consumers.put('one');
  await im.redis.hset(im.keys.meta(), 'wants', 1);
  await say('missed');
  assert.equal((await page()).gap?.reason, 'trimmed');
  await im.consumers.put('two');
  await im.redis.hset(im.keys.meta(), 'wants', 1);
  // Nobody decides anything meanwhile.
  assert.equal((await page('two')).gap?.reason, 'trimmed');
});

test('the last consumer that is removed ends it; the others decide until when it is wanted', async () => {
  await im.consumers.put('long', 100_000);
  await im.consumers.put('short', 5_000);
  const until = Number(await wants());
  await im.consumers.remove('long');
  assert.ok(Number(await wants()) < until - 90_000_000);
  await say('1');
  await im.consumers.remove('short');
  await im.consumers.remove('short');
  assert.equal(await wants(), null);
  assert.equal(await im.redis.xlen(im.keys.journal()), 0);
  await say('2');
  assert.equal(await im.redis.xlen(im.keys.journal()), 0);
  assert.deepEqual(await im.consumers.list(), []);
});

test('reading renews for how long it is wanted, and a consumer keeps its retention', async () => {
  await im.consumers.put('one', 7_200);
  await im.redis.hset(im.keys.meta(), 'wants', Date.now() + 1_000);
  await page();
  assert.ok(Number(await wants()) > Date.now() + 7_000_000);
  const { consumer, created } = await im.consumers.put('one');
  assert.deepEqual([consumer.retentionSeconds, created], [7_200, false]);
  assert.ok(Date.parse(consumer.keptUntil) > Date.now() + 7_000_000);
});

test('a hundred consumers are the most, those aside that have stayed away for too long', async () => {
  for (let i = 0; i < 100; i++) await im.consumers.put(`c${i}`);
  await assert.rejects(im.consumers.put('more'), { code: 'too_many_consumers' });
  await im.consumers.put('c5');
  await im.redis.hset(im.keys.journalConsumers(), 'c7', '0-0 1 3600000 1');
  await im.consumers.put('more');
  await assert.rejects(im.consumers.get('c7'), { code: 'consumer_not_found' });
});

test('with JOURNAL=on it is written for nobody in particular, and kept', async () => {
  const on = await startIm(server, { journalOn: true });
  await on.people('alice', 'bob');
  await on.say('alice', 'user:bob', '1');
  await on.consumers.put('one');
  const { events } = await pageOf(on, 'one', 'oldest');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['user.created', 'user.created', 'message.created'],
  );
  await on.consumers.remove('one');
  await on.say('alice', 'user:bob', '2');
  assert.equal(await on.redis.xlen(on.keys.journal()), 4);
  on.close();
});

test('lost data is told as a reset', async () => {
  await im.consumers.put('one');
  await say('1');
  const { epoch, next } = await page();
  await im.store.run(moveEpoch, epoch);
  await say('2');
  const { gap, events } = await page('one', next);
  assert.equal(gap?.reason, 'reset');
  assert.deepEqual(
    events.map(({ data }) => data.message!.fields.text),
    ['2'],
  );
});

test('a position beyond the end of the journal is seen as lost data', async () => {
  await im.consumers.put('one');
  await say('1');
  const { next } = await page();
  await im.redis.del(im.keys.journal());
  assert.equal((await page('one', next)).beyond, true);
});

test('a journal that can not be written fails nobody, and its end is told', async () => {
  await im.consumers.put('one');
  await say('1');
  const { next } = await page();
  await im.redis.rename(im.keys.journal(), `${im.keys.journal()}-kept`);
  await im.redis.set(im.keys.journal(), 'no stream');
  await say('lost');
  assert.equal(await wants(), null);
  await im.redis.rename(`${im.keys.journal()}-kept`, im.keys.journal());
  assert.equal((await page('one', next)).gap?.reason, 'trimmed');
});

test('each space has a journal of its own', async () => {
  const acme = await startIm(server, { keyPrefix: im.keys.prefix, space: 'acme' });
  await acme.people('alice', 'bob');
  await acme.consumers.put('one');
  await im.consumers.put('one');
  await acme.say('alice', 'user:bob', 'of acme');
  await say('of the default space');
  const text = async (of: Im) => (await pageOf(of, 'one')).events.map(({ data }) => data.message!.fields.text);
  assert.deepEqual([await text(acme), await text(im)], [['of acme'], ['of the default space']]);
  assert.equal(acme.keys.journal(), `${im.keys.prefix}@acme:journal`);
  acme.close();
});

test('what the functions of Redis do is in it, too', async () => {
  const fcall = await loadFunctions(im.redis, im.keys);
  await fcall('im_send', 'alice', 'bob', 'text', 'not yet');
  await im.consumers.put('one');
  await fcall('im_user', 'dave', 'name', 'Dave');
  await fcall('im_group', 'team', 'alice', 'name', 'Team');
  await fcall('im_join', 'bob', 'team');
  await fcall('im_send', 'alice', 'bob', 'text', 'hi');
  await fcall('im_gsend', 'bob', 'team', 'text', 'hi');
  await fcall('im_quit', 'bob', 'team');
  assert.deepEqual(await types(), [
    'user.created',
    'group.created',
    'member.joined',
    'message.created',
    'message.created',
    'member.left',
  ]);
});

test('nodes of an older version would leave something out: it has to wait for the level', async () => {
  await im.redis.hset(im.keys.meta(), 'writerLevel', 1);
  await assert.rejects(im.consumers.put('one'), { code: 'update_pending' });
  await im.redis.hset(im.keys.meta(), 'writerLevel', 2);
  await im.consumers.put('one');
});
