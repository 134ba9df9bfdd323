import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { eventually } from '../helpers/delivery.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import type { Service } from '../helpers/service.ts';
import { makeSpace, SPACES_ON } from '../helpers/spaces.ts';
import { useTwoNodes } from '../helpers/use.ts';

/** Which of several nodes sends webhooks, and that nothing is skipped when another one goes on. */

const { one, other } = useTwoNodes({ ...SPACES_ON, webhookAllowPrivate: true });
let receiver: Receiver;
beforeEach(async () => {
  for (const uid of ['alice', 'bob']) await one.server.put(`/v1/users/${uid}`, { fields: { name: uid } });
  receiver = await startReceiver();
});
afterEach(async () => {
  const { body } = await other.server.get('/v1/webhooks').expect(200);
  for (const { id } of body.items) await other.server.delete(`/v1/webhooks/${id}`).expect(204);
  await receiver.close();
});

const hook = (node: Service) => node.server.post('/v1/webhooks', { url: receiver.url }).expect(201);
/** Whether a node waits for something to send. */
const isSending = async (node: Service) =>
  /subscribers\{state="waiting"[^}]*\} [1-9]/.test((await node.server.get('/metrics')).text);
const holder = () => other.redis.get(other.keys.webhookLease());

test('one node sends each event, whichever node it was decided on', async () => {
  await hook(one);
  for (let i = 0; i < 20; i++) await (i % 2 ? one : other).say('alice', 'user:bob', `${i}`);
  await receiver.comes(20);
  await eventually(async () => {
    const { body } = await one.server.get('/v1/webhooks').expect(200);
    return body.items[0].retries === 0;
  }, 'nothing is left');
  assert.deepEqual(receiver.texts.toSorted(), Array.from({ length: 20 }, (_, i) => `${i}`).toSorted());
});

test('where the node that sends is gone another one goes on within three seconds, and skips nothing', async () => {
  await hook(one);
  await eventually(async () => (await isSending(one)) || (await isSending(other)), 'one node sends');
  // A node that dies says nothing: here another one, which is none of ours, has the lease and never renews it.
  await one.redis.set(one.keys.webhookLease(), 'a node that has died', 'PX', 1_800);
  const since = Date.now();
  await eventually(async () => !(await isSending(one)) && !(await isSending(other)), 'nobody sends');
  await one.say('alice', 'user:bob', 'meanwhile');
  await receiver.comes(1);
  // Three, and what a machine that does other things may take beside.
  assert.ok(Date.now() - since < 5_000, `${Date.now() - since} ms`);
  assert.deepEqual(receiver.texts, ['meanwhile']);
});

test('while nobody has a webhook nobody has the lease', async () => {
  await eventually(async () => (await holder()) === null, 'that of before has ended');
  const { body } = await hook(one);
  await eventually(async () => (await holder()) !== null, 'one node has it');
  await one.server.delete(`/v1/webhooks/${body.id}`).expect(204);
  await eventually(async () => (await holder()) === null, 'it has ended');
});

test('each space has webhooks of its own', async () => {
  const acme = await makeSpace(one, 'acme', {}, 'alice', 'bob');
  await acme.server.post('/v1/webhooks', { url: receiver.url }).expect(201);
  await one.say('alice', 'user:bob', 'of the default space');
  await acme.say('alice', 'user:bob', 'of acme');
  await receiver.comes(1);
  assert.deepEqual(receiver.texts, ['of acme']);
  assert.deepEqual((await one.server.get('/v1/webhooks').expect(200)).body.items, []);
});

test('what was under way when a node stopped is sent again: at least once, never not', async () => {
  await hook(one);
  const held: (() => void)[] = [];
  receiver.answer = () => new Promise<void>((resolve) => held.push(resolve));
  for (let i = 0; i < 5; i++) await one.say('alice', 'user:bob', `${i}`);
  await receiver.comes(1);
  receiver.answer = () => {};
  const closing = one.close();
  for (const release of held) release();
  await closing;
  await eventually(() => new Set(receiver.texts).size === 5, 'all of them');
});
