import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { openStream, type PushService, startPushService } from '../helpers/push-service.ts';
import { useService } from '../helpers/use.ts';

/** Who is pushed what, as a browser reads it. */

const PRIVATE_KEY = 'nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY';
const config = { webhookAllowPrivate: true, vapidPrivateKey: PRIVATE_KEY, vapidSubject: 'mailto:ops@example.com' };

const { service } = useService({
  config,
  each: true,
  app: { push: { againAfterMs: 1_500, retryAfterMs: [200, 200] }, presence: { graceMs: 100 } },
});
let push: PushService;
beforeEach(async () => {
  push = await startPushService();
  await service.people('alice', 'bob', 'carol');
});
afterEach(() => push.close());

const device = (uid: string, name = uid) =>
  service.server.put(`/v1/users/${uid}/devices/${name}`, push.subscribe(name)).expect(201);
const send = async (from: string, to: string, body: object) =>
  (await service.server.post(`/v1/users/${from}/conversations/${to}/messages`, body).expect(201)).body;

test('a message is pushed to who has a device: who, where and how much, and not the text', async () => {
  await device('bob');
  const { id } = await service.say('alice', 'user:bob', 'a secret');
  await push.comes(1);
  const [one] = push.pushed;
  assert.deepEqual(one!.payload, {
    type: 'message.created',
    conversation: 'user:alice',
    id,
    from: 'alice',
    fromName: 'alice',
    isMention: false,
    unread: 1,
  });
  const { headers, claims, key } = one!;
  assert.equal(headers['content-encoding'], 'aes128gcm');
  assert.equal(headers.ttl, '86400');
  assert.equal(headers.urgency, 'high');
  assert.match(headers.topic as string, /^[\w-]{1,32}$/);
  assert.equal(claims.sub, 'mailto:ops@example.com');
  const { body } = await (await service.user('bob')).get('/v1/push').expect(200);
  assert.equal(body.publicKey, key);
});

test('who has a stream open is pushed nothing; once it is closed, what came just then is', async () => {
  await device('bob');
  await device('carol');
  const close = await openStream(service, 'bob');
  await service.say('alice', 'user:bob', 'seen');
  await service.say('alice', 'user:carol', 'unseen');
  await push.comes(1);
  assert.deepEqual(push.of('bob'), []);
  await close();
  const { id } = await service.say('alice', 'user:bob', 'not seen any more');
  await push.comes(2);
  assert.deepEqual(
    push.of('bob').map((payload) => payload.id),
    [id],
  );
});

test('in a conversation that is muted or archived nothing is pushed but what names one', async () => {
  await service.team('team', 'alice', 'bob', 'carol');
  await device('bob');
  await device('carol');
  const settings = (uid: string, body: object) =>
    service.server.patch(`/v1/users/${uid}/conversations/group:team`, body).expect(200);
  await settings('bob', { mutedUntil: '2100-01-01T00:00:00Z' });
  await settings('carol', { archived: true });
  await send('alice', 'group:team', { fields: { text: 'to all' }, mentions: ['*'] });
  await send('alice', 'group:team', { fields: { text: 'just so' } });
  const named = await send('alice', 'group:team', { fields: { text: 'you two' }, mentions: ['bob', 'carol'] });
  await push.comes(2);
  for (const uid of ['bob', 'carol']) {
    assert.deepEqual(
      push.of(uid).map(({ id, isMention, conversation }) => [id, isMention, conversation]),
      [[named.id, true, 'group:team']],
    );
  }
});

test('a silent message, an event and what one writes oneself are pushed to nobody', async () => {
  await service.team('team', 'alice', 'bob');
  await device('alice');
  await device('bob');
  await send('alice', 'group:team', { fields: { text: 'psst' }, silent: true });
  await service.server
    .post('/v1/users/alice/conversations/group:team/events', { fields: { what: 'changed' } })
    .expect(201);
  const { id } = await service.say('alice', 'group:team', 'hello');
  await push.comes(1);
  assert.deepEqual(
    push.pushed.map(({ browser, payload }) => [browser, payload.id, payload.unread]),
    [['bob', id, 2]],
  );
});

test('one a second for each device, of each conversation the newest, and the last one of each', async () => {
  await device('bob');
  for (let i = 0; i < 5; i++) {
    await service.say('alice', 'user:bob', `${i}`);
    await service.say('carol', 'user:bob', `${i}`);
  }
  const { id } = await service.say('alice', 'user:bob', 'last');
  await push.comes(3);
  const newest = push.pushed.filter(({ payload }) => payload.from === 'alice').at(-1)!;
  assert.deepEqual([newest.payload.id, newest.payload.unread], [id, 6]);
  assert.equal(push.pushed.length, 3);
  assert.deepEqual(new Set(push.pushed.map(({ headers }) => headers.topic)).size, 2);
  push.pushed.slice(1).forEach(({ at }, i) => {
    const since = at - push.pushed[i]!.at;
    // A timer may be a little early by the clock that tells the time.
    assert.ok(since >= 950, `${since} ms`);
  });
});

test('what is read while it waits is not pushed', async () => {
  await device('bob');
  push.answer = ({ payload }, response) => {
    if (payload.from === 'alice') response.writeHead(503).end();
  };
  const { id } = await service.say('alice', 'user:bob', 'to be tried again');
  await push.comes(1);
  await service.server.put('/v1/users/bob/conversations/user:alice/read', { upTo: id }).expect(200);
  await service.say('carol', 'user:bob', 'one');
  await push.comes(2);
  await service.say('carol', 'user:bob', 'two');
  await push.comes(3);
  assert.deepEqual(
    push.of('bob').map(({ from }) => from),
    ['alice', 'carol', 'carol'],
  );
});

test('a device that is gone is removed, one that fails is tried again', async () => {
  await device('bob');
  await device('bob', 'tablet');
  let tries = 0;
  push.answer = ({ browser }, response) => {
    if (browser === 'bob') return void response.writeHead(410).end();
    if (tries++ === 0) response.writeHead(503, { 'retry-after': '1' }).end();
  };
  await service.say('alice', 'user:bob', 'hi');
  await push.comes(3);
  const { body } = await service.server.get('/v1/users/bob/devices').expect(200);
  assert.deepEqual(
    body.items.map(({ device }: { device: string }) => device),
    ['tablet'],
  );
  assert.deepEqual(push.pushed.map(({ browser }) => browser).toSorted(), ['bob', 'tablet', 'tablet']);
  const { text } = await service.server.get('/metrics');
  assert.match(text, /^redisim_push_total\{outcome="removed"\} 1$/m);
});

test('in a channel those alone are pushed to whom a message names', async () => {
  await service.server
    .put('/v1/groups/news', { fields: { name: 'News' }, owner: 'alice', kind: 'channel' })
    .expect(201);
  for (const uid of ['bob', 'carol']) {
    await service.server.put(`/v1/groups/news/members/${uid}`).expect(201);
    await device(uid);
  }
  await service.say('alice', 'group:news', 'to whom it may concern');
  await send('alice', 'group:news', { fields: { text: 'bob' }, mentions: ['bob'] });
  await push.comes(1);
  assert.deepEqual(
    push.pushed.map(({ browser, payload }) => [browser, payload.groupName, payload.unread]),
    [['bob', 'News', 2]],
  );
});

test('who has blocked the sender, is suspended, or has left the group is pushed nothing', async () => {
  await service.people('dave', 'erin');
  await service.team('team', 'alice', 'bob', 'carol', 'dave', 'erin');
  for (const uid of ['bob', 'carol', 'dave', 'erin']) await device(uid);
  await service.server.put('/v1/users/bob/blocks/alice').expect(201);
  await service.server.put('/v1/users/carol/suspension').expect(201);
  await service.server.delete('/v1/groups/team/members/dave').expect(204);
  await service.say('alice', 'group:team', 'hi');
  await push.comes(1);
  assert.deepEqual(
    push.pushed.map(({ browser }) => browser),
    ['erin'],
  );
});
