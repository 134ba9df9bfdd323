import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { eventually } from '../../helpers/delivery.ts';
import { API_KEY, startService } from '../../helpers/service.ts';
import { type Frame, SocketClient } from '../../helpers/socket.ts';
import { ADMIN_KEY, makeSpace, SPACES_ON, type TestSpace } from '../../helpers/spaces.ts';
import { useTwoNodes } from '../../helpers/use.ts';

/** Spaces on two nodes: what is followed, remembered, limited, lost and removed in one is nothing to another. */

const { redis, one, other } = useTwoNodes(SPACES_ON);
const name = (space: string) => space as SpaceName;
const admin = () => one.with(ADMIN_KEY);

/** What one user follows. */
async function streamOf(key: string, uid = 'bob', node = one) {
  const client = await SocketClient.live(node, `/v1/users/${uid}/inbox/socket`, key);
  const stream = {
    events: client.frames,
    get texts() {
      return client.frames.flatMap(({ event, data }) => (event === 'message' ? [data!.fields!.text!] : []));
    },
    messages: (count: number) => eventually(() => stream.texts.length >= count, `${count} messages`),
    until: (test: (frame: Required<Frame>) => unknown) =>
      eventually(() => client.frames.some((frame) => test(frame as Required<Frame>)), `an event: ${test}`),
    close: () => client.ws.close(),
  };
  return stream;
}

let made = 0;
/** A space with alice and bob; some are named like keys. */
const space = (setUp: object = {}) =>
  makeSpace(one, ['ds', 'gs', 'im', 'u', 'feed'][made++] ?? `space-${made}`, setUp, 'alice', 'bob');

test('streams of the same uid in several spaces get what is of their own, on every node', async () => {
  await one.people('alice', 'bob');
  const [here, there] = [await space(), await space()];
  const keys = [here.serverKey, there.serverKey, API_KEY];
  const streams = await Promise.all(keys.flatMap((key) => [streamOf(key), streamOf(key, 'bob', other)]));
  await here.say('alice', 'user:bob', 'here');
  await there.say('alice', 'user:bob', 'there');
  await one.say('alice', 'user:bob', 'anywhere');
  // Large ones are read from their log.
  await here.say('alice', 'user:bob', `here ${'x'.repeat(5_000)}`);
  await there.say('alice', 'user:bob', `there ${'x'.repeat(5_000)}`);
  await one.say('alice', 'user:bob', `anywhere ${'x'.repeat(5_000)}`);
  for (const [i, stream] of streams.entries()) {
    await stream.messages(2);
    const word = ['here', 'there', 'anywhere'][i >> 1];
    assert.deepEqual(
      stream.texts.map((text) => text.split(' ')[0]),
      [word, word],
    );
    assert.deepEqual(
      stream.events.filter(({ event }) => event === 'gap'),
      [],
    );
    stream.close();
  }
});

test('signals and presence are those of the own space', async () => {
  const [here, there] = [await space(), await space()];
  const { id } = await here.say('alice', 'user:bob', 'hi');
  await there.say('alice', 'user:bob', 'hi');
  const [mine, others] = [
    await streamOf(here.serverKey, 'alice', other),
    await streamOf(there.serverKey, 'alice', other),
  ];
  await here.server.put('/v1/users/bob/conversations/user:alice/read', { upTo: id }).expect(200);
  await here.server.put('/v1/users/bob/conversations/user:alice/typing').expect(204);
  await mine.until(({ event }) => event === 'read');
  await mine.until(({ event }) => event === 'typing');
  // What comes after it on the same feed has come: what was not told by then is not told.
  await there.server.put('/v1/users/bob/conversations/user:alice/typing').expect(204);
  await others.until(({ event }) => event === 'typing');
  assert.deepEqual(
    others.events.filter(({ event }) => event === 'read'),
    [],
  );
  assert.equal(others.events.filter(({ event }) => event === 'typing').length, 1);
  const isThere = async ({ server }: TestSpace) =>
    (await server.get('/v1/presence?ids=alice,bob').expect(200)).body.items.map(
      (item: { online: boolean }) => item.online,
    );
  const bob = await streamOf(here.serverKey);
  await eventually(async () => `${await isThere(here)}` === 'true,true', 'both to be here');
  assert.deepEqual(await isThere(there), [true, false]);
  for (const stream of [mine, others, bob]) stream.close();
});

test('what a node remembers of messages is of one space: an erasure in one forgets none of another', async () => {
  const [here, there] = [await space(), await space()];
  const said = await here.say('alice', 'user:bob', 'a slip');
  const kept = await there.say('alice', 'user:bob', 'not a slip');
  for (const one of [here, there]) assert.equal((await one.texts('bob')).length, 1);
  await here.server.delete(`/v1/users/alice/conversations/user:bob/messages/${said.id}`).expect(204);
  assert.deepEqual((await here.texts('bob')).filter(Boolean), []);
  assert.deepEqual(await there.texts('bob'), ['not a slip']);
  await there.server.get(`/v1/users/alice/conversations/user:bob/messages/${kept.id}`).expect(200);
  // Two messages of the same id, in logs of the same name.
  const [from, to] = [one.keys.of(name(here.name)), one.keys.of(name(there.name))];
  const { id } = await here.say('alice', 'user:bob', 'of here');
  assert.ok((await here.texts('bob')).includes('of here'));
  const inbox = await one.redis.dumpBuffer(from.inbox('bob' as never));
  await one.redis.restore(to.inbox('bob' as never), 0, inbox!, 'REPLACE');
  await one.redis.xadd(to.log('ds:alice:bob' as never), id, 'uid', 'alice', 'n', '2', 'text', 'of there');
  assert.ok((await there.texts('bob')).includes('of there'));
});

test('a user who is signed out, suspended or removed in one space is in the other what it was, on every node', async () => {
  const [here, there] = [await space(), await space()];
  const [gone, stays] = [await here.tokenOf('alice'), await there.tokenOf('alice')];
  const streams = [await streamOf(gone, 'alice', other), await streamOf(stays, 'alice', other)];
  await other.with(gone).get('/v1/users/me').expect(200);
  await here.server.delete('/v1/users/alice/tokens').expect(204);
  await streams[0]!.until(({ event, data }) => event === 'bye' && data.reason === 'token_revoked');
  await eventually(async () => (await other.with(gone).get('/v1/users/me')).status === 401, 'the token to be refused');
  for (const node of [one, other]) await node.with(stays).get('/v1/users/me').expect(200);
  await here.server.put('/v1/users/bob/suspension').expect(201);
  await here.server.delete('/v1/users/alice').expect(204);
  await there.server.get('/v1/users/alice').expect(200);
  await other
    .with(await there.tokenOf('bob'))
    .get('/v1/users/me')
    .expect(200);
  await there.say('bob', 'user:alice', 'still here');
  await streams[1]!.messages(1);
  for (const stream of streams) stream.close();
  // A node that starts later reads it for each space.
  const third = await startService(redis, { ...SPACES_ON, keyPrefix: one.config.keyPrefix });
  assert.equal((await third.with(gone).get('/v1/users/me')).status, 401);
  await third.with(stays).get('/v1/users/me').expect(200);
  await third.close();
});

test('a space has as many users, and sends as often, as it may; the others go on', async () => {
  const [small, large] = [await space({ limits: { users: 2, sendsPerSecond: 3 } }), await space()];
  const refused = await small.server.put('/v1/users/carol', { fields: {} }).expect(409);
  assert.equal(refused.body.code, 'space_full');
  await small.server.put('/v1/users/bob', { fields: { name: 'Bob' } }).expect(200);
  await large.server.put('/v1/users/carol', { fields: {} }).expect(201);
  await small.server.delete('/v1/users/bob').expect(204);
  await small.server.put('/v1/users/carol', { fields: {} }).expect(201);
  const send = ({ server }: TestSpace) =>
    server.post('/v1/users/alice/conversations/user:carol/messages', { fields: { text: 'x' } });
  const answers = await Promise.all(Array.from({ length: 12 }, () => send(small)));
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.filter((status) => status === 201).length >= 3 && statuses.includes(429), `${statuses}`);
  assert.ok(Number(answers.find(({ status }) => status === 429)!.headers['retry-after']) >= 1);
  for (const { status } of await Promise.all(Array.from({ length: 12 }, () => send(large)))) assert.equal(status, 201);
  // The limit is taken off, on every node.
  await admin().put(`/v1/spaces/${small.name}`, {}).expect(200);
  await eventually(
    async () => (await other.with(small.serverKey).put('/v1/users/dave', { fields: {} })).status === 201,
    'room',
  );
});

test('the log and the metrics say which space, where there is one', async () => {
  const here = await space();
  await here.say('alice', 'user:bob', 'x');
  await here.server.get('/v1/users/nobody').expect(404);
  const lines = one.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
  assert.ok(lines.some(({ space: named, req }) => named === here.name && req.url === '/v1/users/nobody'));
  assert.ok(lines.some(({ space: named, req }) => named === undefined && req.url === '/v1/users/alice'));
  const { text } = await one.with().get('/metrics').expect(200);
  assert.match(text, new RegExp(`redisim_sends_total\\{outcome="created",space="${here.name}"\\} 1`));
  assert.match(text, /redisim_sends_total\{outcome="created",space="default"\} /);
});

test('a space that was removed lets nobody in, ends its streams, leaves no key, and begins anew', async () => {
  const [gone, stays] = [await space(), await space()];
  const token = await gone.tokenOf('alice');
  const before = await streamOf(stays.serverKey);
  const streams = [await streamOf(gone.serverKey), await streamOf(token, 'alice', other)];
  for (let n = 0; n < 50; n++) await gone.say('alice', 'user:bob', `${n}`);
  const inbox = one.keys.of(name(gone.name)).inbox('bob' as never);
  const [[newest]] = (await one.redis.xrevrange(inbox, '+', '-', 'COUNT', 1)) as [[string, string[]]];
  const since = performance.now();
  await admin().delete(`/v1/spaces/${gone.name}`).expect(204);
  for (const stream of streams)
    await stream.until(({ event, data }) => event === 'bye' && data.reason === 'space_removed');
  assert.ok(performance.now() - since < 5_000, 'the feed tells, and no heartbeat');
  for (const node of [one, other]) {
    for (const credential of [gone.serverKey, token]) {
      await eventually(
        async () => [401, 410].includes((await node.with(credential).get('/v1/users/alice')).status),
        'refusals',
      );
    }
  }
  const { prefix } = one.keys.of(name(gone.name));
  await eventually(async () => (await one.redis.keys(`${prefix}*`)).length === 0, 'its keys to be gone');
  await eventually(async () => (await admin().get(`/v1/spaces/${gone.name}`)).status === 404, 'its name to be free');
  const anew = await makeSpace(one, gone.name, {}, 'alice', 'bob');
  assert.deepEqual(await anew.texts('bob'), []);
  await anew.say('alice', 'user:bob', 'anew');
  const [[first]] = (await one.redis.xrange(inbox, '-', '+')) as [[string, string[]]];
  assert.ok(Number(first.split('-')[0]) > Number(newest.split('-')[0]), `${first} comes after ${newest}`);
  for (const credential of [gone.serverKey, token]) {
    for (const node of [one, other]) assert.equal((await node.with(credential).get('/v1/users/alice')).status, 401);
  }
  await stays.say('alice', 'user:bob', 'still here');
  await before.messages(1);
  before.close();
});

test('a removal goes on where a node has ended in between, and takes nothing of a space that was made anew', async () => {
  const here = await space();
  // As after the first step of a removal, with the node gone.
  const source = JSON.parse((await one.redis.hget(one.keys.spaces(), here.name))!);
  await one.redis.hset(one.keys.spaces(), here.name, JSON.stringify({ ...source, state: 'removing' }));
  const third = await startService(redis, { ...SPACES_ON, keyPrefix: one.config.keyPrefix });
  const { prefix } = one.keys.of(name(here.name));
  await eventually(async () => (await one.redis.keys(`${prefix}*`)).length === 0, 'its keys to be gone');
  await eventually(async () => (await one.redis.hexists(one.keys.spaces(), here.name)) === 0, 'its name to be free');
  await third.close();
});

test('while a space is paused everything is refused with a time to come back, and cursors go on after it', async () => {
  const [paused, other] = [await space(), await space()];
  await paused.say('alice', 'user:bob', 'before');
  const { next } = (await paused.server.get('/v1/users/bob/inbox').expect(200)).body;
  const meta = one.keys.of(name(paused.name)).meta();
  await one.redis.hset(meta, 'paused', 1);
  const refused = await paused.server
    .post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'x' } })
    .expect(503);
  assert.ok(Number(refused.headers['retry-after']) >= 1);
  await other.say('alice', 'user:bob', 'elsewhere');
  await one.redis.hdel(meta, 'paused');
  await paused.say('alice', 'user:bob', 'after');
  const { items, gap } = (await paused.server.get(`/v1/users/bob/inbox?start=${next}`).expect(200)).body;
  assert.deepEqual([items.map(({ fields }: { fields: { text: string } }) => fields.text), gap], [['after'], undefined]);
});

test('where data was lost the epoch of every space moves, of those too that nobody looks at meanwhile', async () => {
  const [seen, unseen] = [await space(), await space()];
  for (const one of [seen, unseen]) for (const text of ['1', '2', '3']) await one.say('alice', 'user:bob', text);
  const cursorOf = async ({ server }: TestSpace) =>
    (await server.get('/v1/users/bob/inbox').expect(200)).body.next as string;
  const cursors = { seen: await cursorOf(seen), unseen: await cursorOf(unseen) };
  const stream = await streamOf(seen.serverKey);
  const epochOf = async ({ name: named }: { name: string }) =>
    Number(await one.redis.hget(one.keys.of(name(named)).meta(), 'epoch'));
  const before = [await epochOf(seen), await epochOf(unseen), Number(await one.redis.hget(one.keys.meta(), 'epoch'))];
  // Of both the last entry is lost, as when a server comes back with less than it had acknowledged.
  for (const { name: named } of [seen, unseen]) {
    const inbox = one.keys.of(name(named)).inbox('bob' as never);
    const kept = (await one.redis.xrange(inbox, '-', '+')).slice(0, 2);
    await one.redis.del(inbox);
    for (const [id, flat] of kept) await one.redis.xadd(inbox, id, ...flat);
  }
  // One stream that looks is enough.
  await other.redis.xadd(one.keys.feed(), `${before[2]}-${2 ** 40}`, 'log', 'gs:none', 'mid', '1-1', 'to', '');
  await stream.until(({ event }) => event === 'gap');
  await eventually(async () => (await epochOf(seen)) > before[0]!, 'the epoch to move');
  // Nobody has looked at the other one: with its next message it begins anew, and no old cursor passes for one of it.
  await unseen.say('alice', 'user:bob', 'after the loss');
  assert.ok((await epochOf(unseen)) > before[1]!);
  const { items, gap } = (await unseen.server.get(`/v1/users/bob/inbox?start=${cursors.unseen}`).expect(200)).body;
  assert.equal(gap?.reason, 'reset');
  assert.equal(items.at(-1).fields.text, 'after the loss');
  stream.close();
});
