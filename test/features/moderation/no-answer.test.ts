import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { DEFAULT_SPACE } from '../../../src/domain/spaces.ts';
import { BeforeSend, MAX_OPEN } from '../../../src/features/moderation/before-send.ts';
import { eventually } from '../../helpers/delivery.ts';
import { quiet } from '../../helpers/im.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { type Asked, BEFORE_SEND_SECRET, json, type Say, startReviewer } from '../../helpers/reviewer.ts';
import { type Service, startService } from '../../helpers/service.ts';

/** What happens where nobody answers what is asked before a message is sent, or not in a way that can be used. */

const reviewer = await startReviewer();
let redis: TestRedis;
let closed: Service;
let open: Service;

before(async () => {
  redis = await startRedis();
  closed = await startService(redis, reviewer.config);
  open = await startService(redis, { ...reviewer.config, beforeSendFail: 'open' });
  for (const service of [closed, open]) await service.people('ann', 'ben');
});
after(async () => {
  await closed.close();
  await open.close();
  await redis.stop();
  await reviewer.close();
});
beforeEach(() => {
  reviewer.received.length = 0;
});

const BEN = '/v1/users/ann/conversations/user:ben/messages';
const say = (service: Service, text: string) => service.server.post(BEN, { fields: { text } });
const textsOf = async (service: Service): Promise<string[]> =>
  (await service.server.get(`${BEN}?limit=100`).expect(200)).body.items.map(
    ({ fields }: { fields: { text: string } }) => fields.text,
  );

const answers = (status: number, text: string, headers: object = {}): Say => {
  return (_asked, response) => response.writeHead(status, { ...headers }).end(text);
};
const replaces = (fields: unknown): Say => {
  return (_asked, response) => json(response, { action: 'replace', fields });
};
const ever = (response: ServerResponse) => once(response, 'close');

const FAILURES: Record<string, Say> = {
  'no answer within a second': (_asked, response) => ever(response),
  'an answer whose end does not come within a second': (_asked, response) => {
    response.writeHead(200).write('{"action":');
    return ever(response);
  },
  'an answer that is cut off': (_asked, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"action":"allow"}', () => response.destroy());
    return ever(response);
  },
  'a connection that is cut off': (_asked, response) => response.destroy(),
  'the status 500': answers(500, '{"action":"allow"}'),
  'the status 404': answers(404, '{"action":"allow"}'),
  'a redirect': answers(307, '', { location: '/elsewhere' }),
  'no JSON': answers(200, 'allow'),
  'JSON that is no object': answers(200, '"allow"'),
  'JSON null': answers(200, 'null'),
  'a list': answers(200, '["allow"]'),
  'no action': answers(200, '{}'),
  'an unknown action': answers(200, '{"action":"maybe"}'),
  'an answer that is too long': answers(200, `{"action":"allow","x":"${'x'.repeat(70_000)}"}`),
  'no fields to replace with': (_asked, response) => json(response, { action: 'replace' }),
  'fields that are none': replaces({}),
  'fields that are a list': replaces(['x']),
  'a field that is no text': replaces({ text: 7 }),
  'a field to remove from a new message': replaces({ text: 'x', other: null }),
  'a field with a name that is taken': replaces({ action: 'x' }),
  'a field with too long a name': replaces({ ['x'.repeat(65)]: 'x' }),
  'a field without a name': replaces({ '': 'x' }),
  'too many fields': replaces(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, 'x']))),
  'a field that is no well-formed text': answers(200, '{"action":"replace","fields":{"text":"\\ud800"}}'),
  'a field with the name of the prototype': answers(200, '{"action":"replace","fields":{"__proto__":"x"}}'),
};

for (const [name, answer] of Object.entries(FAILURES)) {
  test(`${name}: the message is refused for now where the hook is closed, and sent as it is where it is open`, async () => {
    reviewer.say = answer;
    const before = await textsOf(closed);
    const began = performance.now();
    const [refused, sent] = await Promise.all([say(closed, name), say(open, name)]);
    assert.ok(performance.now() - began < 5_000);
    assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable'], JSON.stringify(refused.body));
    assert.equal(refused.headers['retry-after'], '1');
    assert.deepEqual(await textsOf(closed), before);
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    assert.deepEqual(sent.body.fields, { text: name });
    assert.equal((await textsOf(open)).at(-1), name);
    // A connection that was kept, and is cut off then, may have been used for nothing: it is asked once more.
    assert.ok(reviewer.received.length >= 2 && reviewer.received.length <= 4, String(reviewer.received.length));
  });
}

test('an edit and a batch are refused or done in the same way', async () => {
  for (const service of [closed, open]) {
    reviewer.say = () => {};
    const { body } = await say(service, 'as it was').expect(201);
    reviewer.say = answers(500, '');
    const edited = await service.server.patch(`${BEN}/${body.id}`, { fields: { text: 'edited' } });
    const messages = [1, 2].map((n) => ({ uid: 'ann', conversation: 'user:ben', fields: { text: `batch ${n}` } }));
    const { results } = (await service.server.post('/v1/messages/batch', { messages }).expect(200)).body;
    const statuses = [edited.status, ...results.map(({ status }: { status: number }) => status)];
    assert.deepEqual(statuses, service === closed ? [503, 503, 503] : [200, 201, 201]);
    assert.equal((await textsOf(service)).at(-1), service === closed ? 'as it was' : 'batch 2');
  }
});

test('an answer without a body allows, with any status from 200 to 299', async () => {
  for (const status of [200, 202, 204]) {
    reviewer.say = answers(status, '');
    await say(closed, `allowed with ${status}`).expect(201);
  }
});

test('failures are counted, and logged no more often than every ten seconds', async () => {
  const service = await startService(redis, { ...reviewer.config, keyPrefix: closed.config.keyPrefix });
  reviewer.say = answers(500, '');
  for (let i = 0; i < 5; i++) await say(service, 'x').expect(503);
  const metrics = (await service.server.get('/metrics').expect(200)).text;
  assert.match(metrics, /^redisim_before_send_total\{outcome="failed"\} 5$/m);
  const lines = service.logLines.filter((line) => line.includes('nobody could be asked'));
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /"problem":"the answer has the status 500","failures":1/);
  await service.close();
});

test('a connection that was kept, and is closed just when it is used again, is no failure', async () => {
  const used = new Set<unknown>();
  reviewer.say = (_asked, response) => {
    if (used.has(response.socket)) response.destroy();
    else used.add(response.socket);
  };
  for (let i = 0; i < 5; i++) await say(closed, `kept ${i}`).expect(201);
  assert.ok(used.size >= 5 && reviewer.received.length > used.size);
});

test(`of more than ${MAX_OPEN} questions at once the others are not asked`, async () => {
  const waiting: ServerResponse[] = [];
  const texts = new Set<unknown>();
  reviewer.say = (asked: Asked, response) => {
    texts.add(asked.data.fields.text);
    waiting.push(response);
    return ever(response);
  };
  const messages = Array.from({ length: 16 }, () => ({ uid: 'ann', conversation: 'user:ben', fields: { text: 'x' } }));
  const batches = Array.from(
    { length: MAX_OPEN / 16 },
    async () => (await closed.server.post('/v1/messages/batch', { messages })).body.results.length,
  );
  await reviewer.comes(MAX_OPEN);
  await say(closed, 'one more').expect(503);
  assert.deepEqual([...texts], ['x']);
  for (const response of waiting) json(response, { action: 'allow' });
  assert.deepEqual(new Set(await Promise.all(batches)), new Set([16]));
});

test('a node that stops waits for an answer, as long as it may take', async () => {
  const service = await startService(redis, reviewer.config);
  await service.people('ann', 'ben');
  const waiting: ServerResponse[] = [];
  reviewer.say = (_asked, response) => {
    waiting.push(response);
    return ever(response);
  };
  const sent = say(service, 'while it stops').then(({ status }) => status);
  await reviewer.comes(1);
  const stopped = service.close();
  await eventually(() => service.app.server.listening === false, 'it stops to listen');
  json(waiting[0]!, { action: 'allow' });
  assert.equal(await sent, 201);
  await stopped;
});

test('what is still open when all is closed ends, and nothing is sent unasked', async () => {
  const outcomes: string[] = [];
  const hook = new BeforeSend({
    url: reviewer.url,
    secret: BEFORE_SEND_SECRET,
    failsOpen: true,
    log: quiet,
    asked: (outcome) => outcomes.push(outcome),
  });
  reviewer.say = (_asked, response) => ever(response);
  const began = performance.now();
  const asked = hook.ask({ type: 'message.sending', space: DEFAULT_SPACE, data: {} }, () => {});
  const refused = assert.rejects(asked, { code: 'unavailable' });
  await reviewer.comes(1);
  hook.close();
  await refused;
  assert.ok(performance.now() - began < 900);
  assert.deepEqual(outcomes, ['failed']);
});

test('nobody listens: the message is refused for now, or sent as it is', async () => {
  await reviewer.close();
  await say(closed, 'nobody listens').expect(503);
  await say(open, 'nobody listens').expect(201);
});
