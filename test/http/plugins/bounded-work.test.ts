import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { headers, hostileService, json } from '../../helpers/hostile.ts';
import { assertRefused, type Call, call } from '../../helpers/http.ts';
import { withJson } from '../../helpers/openapi.ts';

/** What one request may cost: nothing that a client sends keeps a node from its other clients. */

const service = hostileService();

/** Generous: each of these takes some tens of milliseconds where the machine has nothing else to do. */
const BOUND_MS = 2_000;

/** Sends it, and fails unless it is refused in time, and the event loop was free all the while. */
async function refusedInTime(what: string, request: Call) {
  const loop = monitorEventLoopDelay({ resolution: 5 });
  loop.enable();
  const since = performance.now();
  const answer = await call(service.url, request);
  const took = Math.round(performance.now() - since);
  loop.disable();
  const problem = assertRefused(answer, what);
  assert.ok(took < BOUND_MS, `${what}: answered after ${took} ms`);
  assert.ok(loop.max < BOUND_MS * 1e6, `${what}: the event loop was held for ${Math.round(loop.max / 1e6)} ms`);
  return { ...answer, ...(JSON.parse(answer.text) as typeof problem & { errors?: { path: string }[] }) };
}

const body = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
const post = (path: string, value: unknown) => ({ method: 'POST', path, headers: json, body: body(value) });
const put = (path: string, value: unknown) => ({ ...post(path, value), method: 'PUT' });

const BATCH = '/v1/messages/batch';
const times = <Item>(length: number, item: Item) => Array.from({ length }, () => item);
const members = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, value]));

test('a batch of wrong items', async () => {
  for (const kilobytes of [80, 800]) {
    const messages = `{"messages":[${times(kilobytes * 330, '{}').join()}]}`;
    await refusedInTime(`${kilobytes} kB of {}`, post(BATCH, messages));
    await refusedInTime(`${kilobytes} kB of 1`, post(BATCH, { messages: times(kilobytes * 500, 1) }));
  }
  const wide = times(100, { uid: 1, conversation: 1, fields: members(1_000, 1) });
  await refusedInTime('a hundred wide items', post(BATCH, { messages: wide }));
});

test('fields that are wrong a thousand times', async () => {
  const path = '/v1/users/alice';
  for (const [what, fields] of Object.entries({
    'numbers for text': members(40_000, 1),
    'empty objects': members(35_000, {}),
    'a long name each': Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [`${'x'.repeat(100)}${i}`, ''])),
  })) {
    await refusedInTime(what, put(path, { fields }));
  }
  await refusedInTime('unknown members', put(path, { fields: {}, ...members(40_000, 1) }));
  await refusedInTime('the same member', put(path, `{${times(45_000, '"fields":1').join()}}`));
});

test('deep bodies', async () => {
  const deep = (open: string, close: string, depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`;
  for (const [what, text] of Object.entries({
    lists: deep('[', ']', 250_000),
    objects: deep('{"a":', '}', 80_000),
    fields: `{"fields":${deep('{"a":', '}', 80_000)}}`,
    'lists of fields': `{"fields":{"text":${deep('[', ']', 250_000)}}}`,
  })) {
    await refusedInTime(what, put('/v1/users/alice', text));
    await refusedInTime(`a batch of ${what}`, post(BATCH, `{"messages":[${text}]}`));
  }
});

test('names that are long, on the way in by a mere name', async () => {
  for (const name of [' '.repeat(400_000), `${' '.repeat(200_000)}x${' '.repeat(200_000)}x`, 'x'.repeat(400_000)]) {
    const problem = await refusedInTime('a demo login', { ...post('/v1/demo/login', { name }), headers: JSON_ALONE });
    assert.equal(problem.code, 'body_too_large');
  }
  const longest = { ...post('/v1/demo/login', { name: ' '.repeat(4_000) }), headers: JSON_ALONE };
  assert.equal((await refusedInTime('the longest demo login', longest)).code, 'invalid_request');
});

const JSON_ALONE = { 'content-type': 'application/json' };

test('paths and queries as long as they can be', async () => {
  const long = 15_000;
  for (const path of [
    `/${'a/'.repeat(long / 2)}`,
    `/v1/users/${'%41'.repeat(long / 3)}`,
    `/v1/users/${'-'.repeat(long)}`,
    `/v1/users?ids=${','.repeat(long)}`,
    `/v1/users?ids=${'a,'.repeat(3_200)}`,
    `/v1/users?${'ids=a&'.repeat(long / 6)}`,
    `/v1/users?${times(long / 4, 'x=1').join('&')}`,
    `/v1/users?${Array.from({ length: long / 8 }, (_, i) => `p${i}=1`).join('&')}`,
    `/v1/users?${'?'.repeat(long)}`,
    `/v1/users/alice/inbox?start=${'1'.repeat(long)}-${'1'.repeat(100)}`,
    `/v1/users/alice/conversations?after=${'!'.repeat(long)}`,
  ]) {
    await refusedInTime(path.slice(0, 60), { method: 'GET', path, headers });
  }
});

test('a body is refused by its length before it is read, where little is expected', async () => {
  const limits: Record<string, number> = {};
  for (const { operationId, method, path } of withJson) {
    const filled = path.replace('{uid}', 'alice').replace('{gid}', 'team').replace('{conversation}', 'user:bob');
    for (const kilobytes of [5, 20, 600, 9_000]) {
      const text = JSON.stringify({ x: 'x'.repeat(kilobytes * 1_000) });
      const problem = await refusedInTime(operationId, { method, path: filled, headers: json, body: text });
      if (problem.code === 'body_too_large') limits[operationId] ??= kilobytes;
    }
  }
  const [small, ids, fields] = [5, 20, 600];
  assert.deepEqual(limits, {
    putUser: fields,
    patchUser: fields,
    putGroup: fields,
    patchGroup: fields,
    addMembers: ids,
    patchMember: small,
    sendMessage: fields,
    createEvent: fields,
    patchMessage: fields,
    patchConversation: small,
    sendBatch: 9_000,
    markRead: small,
    createToken: small,
    demoLogin: small,
    putConsumer: small,
    acknowledgeJournal: small,
    createWebhook: small,
    patchWebhook: small,
    rotateWebhookSecret: small,
    redeliver: small,
    putDevice: small,
  });
});

test('a small body that is wrong in many places is told of all of them, up to twenty', async () => {
  const few = await refusedInTime('few', post(BATCH, { messages: [{}, {}, { uid: 1 }] }));
  assert.ok(few.errors!.length >= 5, JSON.stringify(few.errors));
  const many = await refusedInTime('many', post(BATCH, { messages: times(100, {}) }));
  assert.equal(many.errors!.length, 20);
  const tooMany = await refusedInTime('too many', post(BATCH, { messages: times(10_000, {}) }));
  assert.match(tooMany.detail, /^body\/messages: must NOT have more than 100 items/);
});
