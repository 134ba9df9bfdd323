import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { eventually } from '../helpers/delivery.ts';
import { openStream, type PushService, startPushService } from '../helpers/push-service.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import type { Service } from '../helpers/service.ts';
import { makeSpace, SPACES_ON } from '../helpers/spaces.ts';
import { useTwoNodes } from '../helpers/use.ts';

/** Which of several nodes pushes, each space for itself, and what is told to backends. */

const { one, other } = useTwoNodes({
  ...SPACES_ON,
  webhookAllowPrivate: true,
  vapidPrivateKey: 'nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY',
  pushText: true,
});
let push: PushService;
let receiver: Receiver;
let n = 0;
beforeEach(async () => {
  n++;
  push = await startPushService();
  receiver = await startReceiver();
  await one.people(`alice${n}`, `bob${n}`, `carol${n}`);
});
afterEach(async () => {
  for (const who of ['bob', 'carol']) await other.server.delete(`/v1/users/${who}${n}`);
  await eventually(async () => (await other.redis.exists(other.keys.pushSpaces())) === 0, 'nobody has a device');
  await push.close();
  await receiver.close();
});

const device = (node: Pick<Service, 'server'>, uid: string, name = uid) =>
  node.server.put(`/v1/users/${uid}/devices/${name}`, push.subscribe(name)).expect(201);
const holder = () => other.redis.get(other.keys.pushLease());

test('each message is pushed once, whichever node it was sent on; who has a stream open on another one is pushed nothing', async () => {
  await one.people(`dave${n}`);
  const people = ['bob', 'carol', 'dave'].map((name) => `${name}${n}`) as [string, string, string];
  const [bob, carol, dave] = people;
  for (const uid of people) await device(other, uid);
  // Each of the nodes is another one to one of them.
  const closes = [await openStream(one, bob), await openStream(other, carol)];
  for (const uid of [bob, carol]) {
    await eventually(async () => (await one.redis.zcard(one.keys.presence(uid as never))) === 1, 'its node says so');
  }
  for (const [i, node] of [one, other].entries()) {
    for (const uid of people) await node.say(`alice${n}`, `user:${uid}`, `${i}`);
    await push.comes(i + 1);
  }
  assert.deepEqual(
    push.pushed.map(({ browser, payload }) => [browser, payload.text]),
    [
      [dave, '0'],
      [dave, '1'],
    ],
  );
  for (const close of closes) await close();
  await one.server.delete(`/v1/users/${dave}`).expect(204);
});

test('where the node that pushes is gone another one goes on, with what is not older than a minute', async () => {
  await device(one, `bob${n}`);
  await eventually(async () => (await holder()) !== null, 'one node pushes');
  // A node that dies says nothing: here another one, which is none of ours, has the lease and never renews it.
  await one.redis.set(one.keys.pushLease(), 'a node that has died', 'PX', 1_800);
  const isPushing = async (node: Service) =>
    /subscribers\{state="waiting"[^}]*\} [1-9]/.test((await node.server.get('/metrics')).text);
  await eventually(async () => !(await isPushing(one)) && !(await isPushing(other)), 'nobody pushes');
  await one.say(`alice${n}`, `user:bob${n}`, 'meanwhile');
  await push.comes(1);
  assert.equal(push.pushed[0]!.payload.text, 'meanwhile');
});

test('each space has devices of its own', async () => {
  const acme = await makeSpace(one, 'acme', {}, `alice${n}`, `bob${n}`);
  await device(acme, `bob${n}`, 'of-acme');
  await device(one, `bob${n}`, 'of-default');
  await acme.say(`alice${n}`, `user:bob${n}`, 'in acme');
  await one.say(`alice${n}`, `user:bob${n}`, 'in the default space');
  await push.comes(2);
  assert.deepEqual(
    [push.of('of-acme'), push.of('of-default')].map((all) => all.map(({ text }) => text)),
    [['in acme'], ['in the default space']],
  );
  await acme.server.delete(`/v1/users/bob${n}`).expect(204);
});

test('phones are told to the backend: their tokens, what is unread in all, and what might be shown', async () => {
  const made = await one.server
    .post('/v1/webhooks', { url: receiver.url, events: ['notification.wanted'] })
    .expect(201);
  const [alice, bob, carol] = [`alice${n}`, `bob${n}`, `carol${n}`];
  await one.server.put(`/v1/groups/team${n}`, { fields: { name: 'The team' }, owner: alice }).expect(201);
  await one.server.put(`/v1/groups/team${n}/members/${bob}`).expect(201);
  await one.say(carol, `user:${bob}`, 'before there was a phone');
  for (const [name, kind] of Object.entries({ pixel: 'fcm', iphone: 'apns' })) {
    await one.server.put(`/v1/users/${bob}/devices/${name}`, { kind, token: `token-${name}` }).expect(201);
  }
  const { id } = await one.say(alice, `group:team${n}`, 'hi');
  await receiver.comes(1);
  const { type, data } = receiver.received[0]!.body as { type: string; data: Record<string, unknown> };
  const { topic, devices, ...rest } = data;
  assert.equal(type, 'notification.wanted');
  assert.match(topic as string, /^[\w-]{32}$/);
  assert.deepEqual(
    (devices as { device: string }[]).toSorted((a, b) => (a.device < b.device ? -1 : 1)),
    [
      { device: 'iphone', kind: 'apns', token: 'token-iphone' },
      { device: 'pixel', kind: 'fcm', token: 'token-pixel' },
    ],
  );
  assert.deepEqual(rest, {
    uid: bob,
    conversation: `group:team${n}`,
    conversationKind: 'group',
    id,
    from: alice,
    fromName: alice,
    groupName: 'The team',
    isMention: false,
    unread: 1,
    badge: 2,
    suggested: { title: 'The team', body: `${alice}: hi` },
  });
  await one.server.delete(`/v1/webhooks/${made.body.id}`).expect(204);
});

test('a long text is cut to what a push service takes, and one of an erased message is not pushed', async () => {
  await device(one, `bob${n}`);
  await one.say(`alice${n}`, `user:bob${n}`, '\u0007é😀'.repeat(2_000));
  const { id } = await one.say(`alice${n}`, `user:bob${n}`, 'a slip');
  await one.server.delete(`/v1/users/alice${n}/conversations/user:bob${n}/messages/${id}`).expect(204);
  await one.say(`carol${n}`, `user:bob${n}`, 'last');
  await push.comes(2);
  const [first, second] = push.pushed;
  assert.ok(first!.size <= 4_096, `${first!.size} bytes`);
  const text = first!.payload.text as string;
  assert.deepEqual([text.slice(0, 4), text.at(-1)], ['\u0007é😀', '…']);
  assert.equal(second!.payload.text, 'last');
});

test('a user who is removed is pushed nothing more, and the node that pushes stops when nobody is left', async () => {
  await device(one, `bob${n}`);
  await device(one, `carol${n}`);
  await one.team(`left${n}`, `alice${n}`, `bob${n}`, `carol${n}`);
  await one.server.delete(`/v1/users/bob${n}`).expect(204);
  await one.say(`alice${n}`, `group:left${n}`, 'hi');
  await push.comes(1);
  assert.deepEqual(
    push.pushed.map(({ browser }) => browser),
    [`carol${n}`],
  );
  await one.server.delete(`/v1/users/carol${n}/devices/carol${n}`).expect(204);
  await eventually(async () => (await holder()) === null, 'nobody has the lease');
  await one.say(`alice${n}`, `group:left${n}`, 'to nobody');
  assert.equal(await one.redis.hget(one.keys.meta(), 'wants'), null);
});
