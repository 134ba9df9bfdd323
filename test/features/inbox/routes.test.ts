import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { createEventSource, type EventSourceMessage } from 'eventsource-client';
import { eventually } from '../../helpers/delivery.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService, userToken } from '../../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
});
after(() => redis.stop());
beforeEach(async () => {
  service = await startService(redis);
  await service.people('alice', 'bob', 'carol');
});
afterEach(async () => {
  for (const close of open.splice(0)) close();
  await service.close();
});

/** Ends what a test has opened, also one that failed. */
const open: (() => void)[] = [];

const texts = (items: { fields: { text?: string } }[]) => items.map((item) => item.fields.text);
const read = (query: string) => service.server.get(`/v1/users/bob/inbox?${query}`);

const isWaiting = async () =>
  / 1$/m.test((await service.with().get('/metrics')).text.match(/^.*state="waiting".*$/m)?.[0] ?? '');

/** An EventSource that keeps what it gets. */
function follow(path: string, credential: string | undefined = API_KEY, headers: Record<string, string> = {}) {
  const events: EventSourceMessage[] = [];
  const source = createEventSource({
    url: `${service.url}${path}`,
    headers: { ...(credential ? { authorization: `Bearer ${credential}` } : {}), ...headers },
    onMessage: (event) => void events.push(event),
  });
  open.push(() => source.close());
  const messages = () => events.filter((event) => event.event === 'message').map((event) => JSON.parse(event.data));
  return {
    source,
    events,
    messages,
    until: (count: number) => eventually(() => messages().length >= count, `${count} messages`),
  };
}

/** The raw answer to a request of the stream, as far as it has come. */
function raw(path: string, headers: Record<string, string> = {}) {
  const answer = { text: '', status: 0, headers: {} as Record<string, unknown>, ended: false };
  const request = httpRequest(`${service.url}${path}`, { headers: { authorization: `Bearer ${API_KEY}`, ...headers } });
  request.on('response', (response) => {
    answer.status = response.statusCode!;
    answer.headers = response.headers;
    response.on('data', (chunk) => {
      answer.text += chunk;
    });
    response.on('end', () => {
      answer.ended = true;
    });
    response.on('error', () => {});
  });
  request.on('error', () => {});
  request.end();
  open.push(() => request.destroy());
  return Object.assign(answer, { close: () => request.destroy() });
}

test('a long-poll pages through everything, once and in order', async () => {
  for (let i = 0; i < 7; i++) await service.say('alice', 'user:bob', `${i}`);
  const seen: string[] = [];
  let start = '0';
  for (;;) {
    const { body } = await read(`start=${start}&count=3&block=0`).expect(200);
    assert.match(body.next, /^\d+-\d+$/);
    if (body.items.length === 0) break;
    assert.equal(body.items.at(-1).cursor, body.next);
    seen.push(...texts(body.items).map(String));
    start = body.next;
  }
  assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6']);
});

test('a long-poll waits, and is answered by what happens', async () => {
  const { body: idle } = await read('block=0').expect(200);
  assert.deepEqual(idle.items, []);
  const waiting = read(`start=${idle.next}&block=8000`).then((answer) => answer.body);
  const asked = Date.now();
  await eventually(isWaiting, 'the long-poll to wait');
  await service.say('alice', 'user:bob', 'wake up');
  const answer = await waiting;
  assert.deepEqual(texts(answer.items), ['wake up']);
  assert.ok(Date.now() - asked < 4_000, 'not by the end of its time');
  const timedOut = await read(`start=${answer.next}&block=50`).expect(200);
  assert.deepEqual([timedOut.body.items, timedOut.body.next], [[], answer.next]);
});

test('what is gone from the inbox is a gap, and resuming after it is none', async () => {
  for (let i = 0; i < 6; i++) await service.say('alice', 'user:bob', `${i}`);
  const { body: first } = await read('start=0&count=1').expect(200);
  await service.redis.xtrim(service.keys.inbox('bob' as never), 'MAXLEN', 2);
  const { body } = await read(`start=${first.next}`).expect(200);
  assert.deepEqual(texts(body.items), ['4', '5']);
  assert.equal(body.gap.reason, 'trimmed');
  assert.equal(body.gap.lost, 3);
  await service.server.get(body.gap.backfill).expect(200);
  assert.equal((await read(`start=${body.gap.resumed}`).expect(200)).body.gap, undefined);
});

test('a wrong cursor is told with a right one', async () => {
  for (const start of [
    '1',
    '1-',
    '-1',
    '1-2-3',
    'x',
    '01-2',
    '1-18446744073709551616',
    '99999999999999999999-0',
    '+',
    '1-1\n',
  ]) {
    for (const path of ['inbox', 'inbox/stream']) {
      const answer = await service.server.get(`/v1/users/bob/${path}?start=${encodeURIComponent(start)}`);
      assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_cursor'], `${path} ${start}`);
      assert.match(answer.body.detail, /1763900000123-17/);
    }
  }
  for (const query of ['count=0', 'count=101', 'count=x', 'block=-1', 'block=60001', 'start=0&start=1', 'limit=3']) {
    assert.equal((await read(query)).body.code, 'invalid_request', query);
  }
  await service.server.get('/v1/users/nobody/inbox?block=0').expect(404);
  await service.server.get('/v1/users/nobody/inbox/stream').expect(404);
});

test('an EventSource follows, and resumes after its last event', async () => {
  const first = follow('/v1/users/bob/inbox/stream?start=0');
  await service.say('alice', 'user:bob', 'one');
  await first.until(1);
  first.source.close();
  const last = first.events.at(-1)!;
  assert.deepEqual([first.events[0]?.event, last.event], ['ready', 'message']);
  assert.deepEqual(first.messages()[0].conversation, 'user:alice');
  await service.say('alice', 'user:bob', 'two');
  const second = follow('/v1/users/bob/inbox/stream?start=0', API_KEY, { 'last-event-id': last.id! });
  await service.say('alice', 'user:bob', 'three');
  await second.until(2);
  assert.deepEqual(texts(second.messages()), ['two', 'three'], 'Last-Event-ID wins over start');
  second.source.close();
});

test('the answer is sent at once, and says that it must not be held back', async () => {
  const stream = raw('/v1/users/bob/inbox/stream');
  await eventually(() => stream.text.includes('event: ready'), 'the first event');
  assert.equal(stream.status, 200);
  assert.equal(stream.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(stream.headers['cache-control'], 'no-cache, no-transform');
  assert.equal(stream.headers['x-accel-buffering'], 'no');
  assert.ok(stream.headers['x-request-id']);
  assert.match(
    stream.text,
    /^retry: 3000\nid: (\d+-\d+)\nevent: ready\ndata: \{"cursor":"\1","heartbeatMs":\d+\}\n\nevent: stale\ndata: \{\}\n\n$/,
  );
  stream.close();
});

test('as NDJSON each event is a line', async () => {
  await service.say('alice', 'user:bob', 'line\nfeed\r\n\u2028');
  const stream = raw('/v1/users/bob/inbox/stream?start=0', { accept: 'application/x-ndjson' });
  await eventually(() => stream.text.split('\n').length > 3, 'three lines');
  assert.match(String(stream.headers['content-type']), /^application\/x-ndjson/);
  const [ready, stale, message] = stream.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    [ready.event, message.event, message.data.fields.text],
    ['ready', 'message', 'line\nfeed\r\n\u2028'],
  );
  assert.deepEqual(stale, { event: 'stale', data: {} });
  assert.match(message.cursor, /-0$/);
  stream.close();
  assert.equal((await service.server.get('/v1/users/bob/inbox/stream').set('accept', 'text/html')).status, 406);
});

test('a ticket opens the stream of its user, and nothing else', async () => {
  const bob = await service.user('bob');
  const { body } = await bob.post('/v1/users/me/tickets').expect(201);
  const stream = follow(`/v1/users/bob/inbox/stream?ticket=${body.ticket}`, '');
  await eventually(() => stream.events.length > 0, 'an event');
  stream.source.close();
  await service.with().get(`/v1/users/alice/inbox/stream?ticket=${body.ticket}`).expect(403);
  await service.with().get(`/v1/users/bob/inbox?ticket=${body.ticket}`).expect(401);
  await service.with(body.ticket).get('/v1/users/bob/inbox').expect(401);
  await service
    .with()
    .get(`/v1/users/bob/inbox/stream?ticket=${await userToken('bob')}`)
    .expect(401);
  assert.ok(!service.logLines.some((line) => line.includes(body.ticket)), 'no ticket in the log');
});

test('a stream ends when its token does', async () => {
  const token = await userToken('bob', Math.floor(Date.now() / 1_000) + 2);
  const stream = raw('/v1/users/bob/inbox/stream', { authorization: `Bearer ${token}` });
  await eventually(() => stream.ended, 'the end');
  assert.match(stream.text, /event: bye\ndata: \{"reason":"token_expired"/);
});

test('over the cap a stream is told when to come back, a long-poll gets 503', async () => {
  await service.close();
  service = await startService(redis, { maxSubscribersPerUser: 1 });
  await service.people('bob');
  const first = raw('/v1/users/bob/inbox/stream');
  await eventually(() => first.text.includes('ready'), 'the first');
  const second = raw('/v1/users/bob/inbox/stream');
  await eventually(() => second.ended, 'the end of the second');
  assert.equal(second.status, 200);
  assert.match(
    second.text,
    /retry: \d{4,5}\nid: .*\nevent: bye\ndata: \{"reason":"too_many_subscribers","cursor":"\d+-\d+"\}/,
  );
  const poll = await read('start=$&block=1').expect(503);
  assert.deepEqual([poll.body.code, Number(poll.headers['retry-after']) > 0], ['too_many_subscribers', true]);
  // What does not wait takes no place, and needs none.
  await Promise.all(Array.from({ length: 20 }, () => read('start=$&block=0').expect(200)));
  first.close();
  await eventually(async () => (await read('start=$&block=1')).status === 200, 'the place to be free again');
});

test('clients that hang up leave nothing behind', async () => {
  for (let round = 0; round < 30; round++) {
    const stream = raw('/v1/users/bob/inbox/stream?start=0');
    const poll = raw('/v1/users/bob/inbox?start=$&block=5000');
    if (round % 3 > 0) await new Promise((resolve) => setTimeout(resolve, round));
    stream.close();
    poll.close();
  }
  await eventually(async () => {
    const { text } = await service.with().get('/metrics');
    return [...text.matchAll(/^redisim_subscribers\{.*\} (\d+)/gm)].every(([, count]) => count === '0');
  }, 'no subscriber to be left');
  await service.say('alice', 'user:bob', 'still here');
});

test('closing says bye, answers long-polls, and does not hang', async () => {
  const stream = raw('/v1/users/bob/inbox/stream');
  await eventually(() => stream.text.includes('ready'), 'the stream');
  const poll = raw('/v1/users/bob/inbox?start=$&block=60000', { connection: 'keep-alive' });
  await eventually(isWaiting, 'the long-poll to wait');
  const started = Date.now();
  await service.close();
  assert.ok(Date.now() - started < 4_000, `closing took ${Date.now() - started} ms`);
  await eventually(() => stream.ended && poll.ended, 'both to end');
  assert.match(stream.text, /event: bye\ndata: \{"reason":"shutdown"/);
  assert.deepEqual(JSON.parse(poll.text).items, []);
});

test('the main job: two talk, a third follows; the service restarts; everything comes once, in order', async () => {
  await service.team('team', 'alice', 'bob', 'carol');
  const carol = follow('/v1/users/carol/inbox/stream?start=0');
  const expected: string[] = [];
  for (let i = 0; i < 20; i++) {
    const [from, to] = i % 2 ? ['alice', 'bob'] : ['bob', 'alice'];
    await service.say(from!, `user:${to}`, `direct ${i}`);
    await service.say(from!, 'group:team', `group ${i}`);
    expected.push(`group ${i}`);
  }
  await carol.until(21);
  carol.source.close();
  const last = carol.events.at(-1)!.id!;
  const { keyPrefix } = service.config;
  await service.close();
  service = await startService(redis, { keyPrefix });
  for (let i = 20; i < 25; i++) {
    await service.say('alice', 'group:team', `group ${i}`);
    expected.push(`group ${i}`);
  }
  const again = follow('/v1/users/carol/inbox/stream', API_KEY, { 'last-event-id': last });
  await again.until(5);
  again.source.close();
  const all = [...carol.messages(), ...again.messages()].filter((message) => message.action === undefined);
  assert.deepEqual(texts(all), expected);
});
