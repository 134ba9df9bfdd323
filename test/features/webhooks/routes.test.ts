import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { Webhook } from 'standardwebhooks';
import { eventually } from '../../helpers/delivery.ts';
import { document } from '../../helpers/openapi.ts';
import { type Receiver, startReceiver } from '../../helpers/receiver.ts';
import { startService } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/** Webhooks: what is sent, how it is signed, and what comes of it when it does not arrive. */

const { redis, service } = useService({
  config: { webhookAllowPrivate: true },
  app: { retryAfterMs: [50, 100, 100] },
  prepare: (started) => started.people('alice', 'bob'),
});
let receiver: Receiver;
const receivers: Receiver[] = [];
beforeEach(async () => {
  receiver = await another();
});
afterEach(async () => {
  const { body } = await service.server.get('/v1/webhooks').expect(200);
  for (const { id } of body.items) await service.server.delete(`/v1/webhooks/${id}`).expect(204);
  for (const one of receivers.splice(0)) await one.close();
});

async function another(answer?: Receiver['answer']) {
  const started = await startReceiver(answer);
  receivers.push(started);
  return started;
}

const say = (text: string) => service.say('alice', 'user:bob', text);
const hook = async (more: object = {}, url = receiver.url) =>
  (await service.server.post('/v1/webhooks', { url, ...more }).expect(201)).body;
const get = async (id: string) => (await service.server.get(`/v1/webhooks/${id}`).expect(200)).body;
const deliveries = async (id: string, query = '') =>
  (await service.server.get(`/v1/webhooks/${id}/deliveries${query}`).expect(200)).body;

test('what is decided is sent, signed as Standard Webhooks are, with the id of the journal', async () => {
  const { secret } = await hook();
  await say('hi');
  await service.people('carol');
  await receiver.comes(2);
  assert.deepEqual(receiver.texts, ['hi', 'user.created']);
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'document');
  const isEvent = ajv.compile({ $ref: 'document#/components/schemas/BackendEvent' });
  for (const { headers, text, body } of receiver.received) {
    assert.deepEqual(new Webhook(secret).verify(text, headers as Record<string, string>), body);
    assert.throws(() => new Webhook(secret).verify(`${text} `, headers as Record<string, string>));
    assert.match(headers['webhook-id'] as string, /^\d+-\d+$/);
    assert.equal(headers['content-type'], 'application/json');
    assert.ok(isEvent(body), JSON.stringify(isEvent.errors));
    assert.deepEqual(Object.keys(body), ['type', 'timestamp', 'data']);
  }
});

test('a secret is told once; a former one signs beside the new one', async () => {
  const given = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
  const { id, secret } = await hook({ secret: given });
  assert.equal(secret, given);
  const { body } = await service.server.post(`/v1/webhooks/${id}/secret`, {}).expect(201);
  assert.notEqual(body.secret, given);
  const all = await service.server.get('/v1/webhooks').expect(200);
  assert.doesNotMatch(JSON.stringify(all.body), /whsec/);
  // It holds within a second.
  await eventually(async () => {
    await say('x');
    return receiver.received.some(({ headers }) => String(headers['webhook-signature']).includes(' '));
  }, 'both sign');
  const { headers, text } = receiver.received.at(-1)!;
  for (const one of [given, body.secret]) new Webhook(one).verify(text, headers as Record<string, string>);
  for (const wrong of ['whsec_short', 'secret', `whsec_${'A'.repeat(90)}`]) {
    await service.server.post('/v1/webhooks', { url: receiver.url, secret: wrong }).expect(400);
  }
});

test('a webhook gets the types and kinds that it asks for', async () => {
  await service.team('team', 'alice', 'bob');
  const { id } = await hook({ events: ['message.created', 'user.created'], conversationKinds: ['group'] });
  await say('direct');
  await service.say('alice', 'group:team', 'to the team');
  await service.server.patch('/v1/users/bob', { fields: { a: 'b' } }).expect(200);
  await service.people('dora');
  await receiver.comes(2);
  assert.deepEqual(receiver.texts, ['to the team', 'user.created']);
  await service.server.patch(`/v1/webhooks/${id}`, { events: [], conversationKinds: [] }).expect(200);
  assert.equal((await get(id)).events, undefined);
  await eventually(async () => {
    await say('now');
    return receiver.texts.includes('now');
  }, 'everything is sent');
  await service.server.post('/v1/webhooks', { url: receiver.url, events: ['nonsense'] }).expect(400);
});

test('what fails is sent again under the same id, and the others do not wait for it', async () => {
  receiver.answer = (one, response) => {
    const count = receiver.received.filter(({ headers }) => headers['webhook-id'] === one.headers['webhook-id']).length;
    if (one.body.data.message?.fields.text === 'bad' && count < 3) response.writeHead(500).end();
  };
  const { id } = await hook();
  await say('bad');
  await say('good');
  await receiver.comes(4);
  const bad = receiver.received.filter(({ body }) => body.data.message?.fields.text === 'bad');
  assert.equal(bad.length, 3);
  assert.equal(new Set(bad.map(({ headers }) => headers['webhook-id'])).size, 1);
  assert.equal(receiver.texts.filter((text) => text === 'good').length, 1);
  await eventually(async () => (await get(id)).retries === 0, 'nothing is left');
  const { items } = await deliveries(id);
  const ofBad = items.filter(({ event }: { event: string }) => event === bad[0]!.headers['webhook-id']);
  assert.deepEqual(
    ofBad.map((one: Record<string, unknown>) => [one.attempt, one.outcome, one.status]),
    [
      [3, 'delivered', 204],
      [2, 'failed', 500],
      [1, 'failed', 500],
    ],
  );
  const { text } = await service.server.get('/metrics').expect(200);
  assert.match(text, /^redisim_webhook_deliveries_total\{outcome="failed"\} [1-9]/m);
  const page = await deliveries(id, '?limit=2');
  assert.deepEqual((await deliveries(id, `?limit=2&after=${page.next}`)).items, items.slice(2, 4));
});

test('after the last try an event is given up, and can be sent again', async () => {
  let isDown = true;
  receiver.answer = (_one, response) => {
    if (isDown) response.writeHead(500).end();
  };
  const since = new Date(Date.now() - 1_000).toISOString();
  const { id } = await hook();
  await say('1');
  await receiver.comes(4);
  await eventually(async () => (await deliveries(id)).items.length === 4, 'all tries are noted');
  const [last] = (await deliveries(id)).items;
  assert.deepEqual([last.attempt, last.nextAt, (await get(id)).retries], [4, undefined, 0]);
  assert.ok((await get(id)).failingSince);
  isDown = false;
  const { body } = await service.server.post(`/v1/webhooks/${id}/redeliver`, { since }).expect(202);
  assert.deepEqual(body, { events: 1 });
  await receiver.comes(5);
  await eventually(async () => (await get(id)).failingSince === undefined, 'it has not failed any more');
  assert.deepEqual((await service.server.post(`/v1/webhooks/${id}/redeliver`, { since }).expect(202)).body, {
    events: 0,
  });
  await service.server.post(`/v1/webhooks/${id}/redeliver`, { event: last.event }).expect(202);
  await receiver.comes(6);
  assert.equal(receiver.received.at(-1)!.headers['webhook-id'], last.event);
  await service.server.post(`/v1/webhooks/${id}/redeliver`, {}).expect(400);
  await service.server.post(`/v1/webhooks/${id}/redeliver`, { event: '1-1' }).expect(400);
});

test('Retry-After is waited for', async () => {
  receiver.answer = (_one, response, count) => {
    if (count === 1) response.writeHead(429, { 'retry-after': '3600' }).end();
  };
  const { id } = await hook();
  await say('1');
  await eventually(async () => (await get(id)).retries === 1, 'it is put off');
  const [{ nextAt }] = (await deliveries(id)).items;
  assert.ok(Date.parse(nextAt) > Date.now() + 3_500_000, nextAt);
});

test('410 disables a webhook; enabled again, it gets what is decided from then on', async () => {
  receiver.answer = (_one, response, count) => {
    if (count === 1) response.writeHead(410).end();
  };
  const { id } = await hook();
  await say('gone');
  await eventually(async () => !(await get(id)).enabled, 'it is disabled');
  assert.equal((await get(id)).disabledReason, 'gone');
  assert.equal(await service.redis.hget(service.keys.meta(), 'wants'), null, 'nobody wants the journal');
  await say('missed');
  await service.server.patch(`/v1/webhooks/${id}`, { enabled: true }).expect(200);
  await say('later');
  await receiver.comes(2);
  assert.deepEqual(receiver.texts, ['gone', 'later']);
  await service.server.patch(`/v1/webhooks/${id}`, { enabled: false }).expect(200);
  assert.equal((await get(id)).disabledReason, 'by_hand');
});

test('after five days of failures it is disabled', async () => {
  receiver.answer = (_one, response) => void response.writeHead(500).end();
  const { id } = await hook();
  await service.redis.hset(service.keys.webhookState(id), 'failingSince', Date.now() - 5 * 86_400_000 - 1);
  await say('1');
  await eventually(async () => (await get(id)).disabledReason === 'failing', 'it is disabled');
});

test('what is kept no more when a receiver gets to it is told by its status', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  receiver.answer = () => held;
  const { id } = await hook();
  await say('1');
  await receiver.comes(1);
  await say('kept no more');
  await service.redis.xtrim(service.keys.journal(), 'MAXLEN', 0);
  await say('3');
  release();
  await receiver.comes(2);
  assert.deepEqual(receiver.texts, ['1', '3']);
  assert.ok((await get(id)).gapAt);
});

test('a test event is sent at once, and its outcome is the answer', async () => {
  const { id, secret } = await hook();
  const { body } = await service.server.post(`/v1/webhooks/${id}/test`).expect(200);
  assert.deepEqual([body.outcome, body.status], ['delivered', 204]);
  const { headers, text } = receiver.received[0]!;
  new Webhook(secret).verify(text, headers as Record<string, string>);
  assert.equal(receiver.texts[0], 'webhook.test');
  await service.server.patch(`/v1/webhooks/${id}`, { url: 'http://127.0.0.1:1/' }).expect(200);
  const failed = await service.server.post(`/v1/webhooks/${id}/test`).expect(200);
  assert.equal(failed.body.outcome, 'failed');
  assert.match(failed.body.problem, /ECONNREFUSED/);
});

test('an erased message that is sent again has no text', async () => {
  let isDown = true;
  receiver.answer = (_one, response) => {
    if (isDown) response.writeHead(500).end();
  };
  await hook({ events: ['message.created'] });
  const { id: mid } = await say('a secret');
  await receiver.comes(1);
  await service.server.delete(`/v1/users/alice/conversations/user:bob/messages/${mid}`).expect(204);
  isDown = false;
  await eventually(() => receiver.received.at(-1)!.text.includes('gone'), 'it is sent without');
  assert.doesNotMatch(receiver.received.at(-1)!.text, /a secret/);
});

test('a webhook that is removed leaves nothing, and wants nothing', async () => {
  const { id } = await hook();
  await say('1');
  await receiver.comes(1);
  await eventually(async () => (await deliveries(id)).items.length === 1, 'it is noted');
  await service.server.delete(`/v1/webhooks/${id}`).expect(204);
  await service.server.delete(`/v1/webhooks/${id}`).expect(204);
  assert.equal((await service.server.get(`/v1/webhooks/${id}`).expect(404)).body.code, 'webhook_not_found');
  const keys = await service.redis.keys(`${service.keys.prefix}w*`);
  assert.deepEqual(keys, []);
  assert.equal(await service.redis.hget(service.keys.meta(), 'wants'), null);
  assert.equal(await service.redis.exists(service.keys.webhookSpaces()), 0);
});

test('private addresses are refused where they are not allowed', async () => {
  const guarded = await startService(redis);
  const { body } = await guarded.server.post('/v1/webhooks', { url: receiver.url }).expect(400);
  assert.match(body.detail, /WEBHOOK_ALLOW_PRIVATE/);
  const { body: made } = await guarded.server
    .post('/v1/webhooks', { url: receiver.url.replace('127.0.0.1', 'localhost') })
    .expect(201);
  const { body: tried } = await guarded.server.post(`/v1/webhooks/${made.id}/test`).expect(200);
  assert.match(tried.problem, /private network/);
  assert.equal(receiver.received.length, 0);
  await guarded.close();
});
