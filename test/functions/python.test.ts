import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createEventSource, type EventSourceMessage } from 'eventsource-client';
import { loadFunctions, received } from '../helpers/functions.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { API_KEY, type Service, startService } from '../helpers/service.ts';
import { findPython, startPython } from './python.ts';

/** The functions from a second language, beside a service that runs. */

const found = findPython();
const skip = 'missing' in found && `there is no ${found.missing}`;

let redis: TestRedis;
let service: Service;
let python: ReturnType<typeof startPython>;
before(async () => {
  if (!('python' in found)) return;
  redis = await startRedis();
  service = await startService(redis);
  await loadFunctions(service.redis, service.keys);
  python = startPython(found.python, redis.path, service.keys.meta());
});
after(async () => {
  if (skip) return;
  await python.stop();
  await service.close();
  await redis.stop();
});

test('what Python sends arrives at an open stream, and what HTTP sends is read by Python', { skip }, async () => {
  for (const uid of ['alice', 'bob']) {
    assert.deepEqual(await python.fcall('im_user', uid, 'name', uid), { reply: 'created' });
  }
  const source = createEventSource({
    url: `${service.url}/v1/users/bob/inbox/stream?start=$`,
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  const events = source[Symbol.asyncIterator]();
  const next = async (name: string): Promise<EventSourceMessage> => {
    for (;;) {
      const { value } = await events.next();
      if (value?.event === name) return value;
    }
  };
  await next('ready');
  const { reply: mid } = await python.fcall('im_send', 'alice', 'bob', 'text', 'grüezi 👋');
  const event = await next('message');
  const { sentAt, ...message } = JSON.parse(event.data);
  const expected = { id: mid, conversation: 'user:alice', from: 'alice', fields: { text: 'grüezi 👋' } };
  assert.deepEqual(message, expected);
  assert.ok(Math.abs(Date.parse(sentAt) - Date.now()) < 60_000);

  assert.deepEqual(await python.fcall('im_group', 'team', 'alice', 'name', 'Team'), { reply: 'created' });
  assert.deepEqual(await python.fcall('im_join', 'bob', 'team'), { reply: 'joined' });
  assert.equal(JSON.parse((await next('message')).data).action, 'join');
  await python.fcall('im_gsend', 'alice', 'team', 'text', 'to all');
  assert.equal(JSON.parse((await next('message')).data).fields.text, 'to all');
  source.close();

  const answer = await service.say('bob', 'user:alice', 'by HTTP');
  const { reply } = await python.fcall('im_receive', 'alice', 'COUNT', 100, 'START', 0);
  const { entries, gap } = received(reply);
  assert.deepEqual(gap, {});
  const last = entries.at(-1) as Record<string, string>;
  assert.deepEqual([last.id, last.conversation, last.uid, last.text], [answer.id, 'user:bob', 'bob', 'by HTTP']);
  // One inbox, the same from both sides.
  const { body } = await service.server.get('/v1/users/alice/inbox?count=100').expect(200);
  assert.deepEqual(
    entries.map(({ id }) => id),
    body.items.map(({ id }: { id: string }) => id),
  );
});

test('a refusal is a ResponseError that begins with its code', { skip }, async () => {
  await python.fcall('im_user', 'carol', 'name', 'Carol');
  const refused: [code: string, name: string, ...words: (string | { hex: string })[]][] = [
    ['NOT_MEMBER', 'im_gsend', 'carol', 'team', 'text', 'hi'],
    ['NOT_ADMIN', 'im_group', 'team', 'carol', 'name', 'mine'],
    ['USER_NOT_FOUND', 'im_send', 'carol', 'nobody', 'text', 'hi'],
    ['RESERVED_FIELD', 'im_send', 'carol', 'alice', 'action', 'create'],
    ['INVALID_REQUEST', 'im_send', 'carol', 'alice', 'text', { hex: 'ff' }],
    ['INVALID_REQUEST', 'im_receive', 'carol', 'BLOCK', '1000'],
  ];
  for (const [code, ...call] of refused) {
    const { error } = await python.fcall(...call);
    assert.equal(error?.[0], 'ResponseError', String(call));
    assert.match(error[1], new RegExp(`^${code} `));
  }
});
