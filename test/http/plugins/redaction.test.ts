import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Uid } from '../../../src/domain/names.ts';
import { useService } from '../../helpers/use.ts';

/** What must not get into a log, also when something goes wrong. */

const { redis, service } = useService({
  config: { logLevel: 'trace' },
  prepare: (service) => service.people('alice', 'bob'),
});

const linesWith = (text: string) => service.logLines.filter((line) => line.includes(text));
/** A log line that tells of the request with this answer, at the level of an error. */
function errorOf(answer: { body: { requestId: string } }) {
  const line = service.logLines.find((one) => one.includes(answer.body.requestId) && JSON.parse(one).level >= 50);
  assert.ok(line, 'the error was logged');
  return JSON.parse(line);
}

test('a message that Redis refuses is not in the log, the reason is', async () => {
  await service.redis.config('SET', 'maxmemory', '1');
  const send = { fields: { text: 'a private word' }, clientMessageId: 'private-id' };
  const answer = await service.server.post('/v1/users/alice/conversations/user:bob/messages', send).expect(503);
  await service.redis.config('SET', 'maxmemory', '0');
  assert.equal(answer.body.code, 'storage_full');
  assert.match(errorOf(answer).err.message, /^OOM/);
  assert.deepEqual(linesWith('a private word'), []);
  assert.deepEqual(linesWith('private-id'), []);
});

test('a profile on a broken key is not in the log, nor the reason in the answer', async () => {
  await service.redis.set(service.keys.user('broken' as Uid), 'x');
  const answer = await service.server.put('/v1/users/broken', { fields: { phone: '555 0199' } }).expect(500);
  assert.equal(answer.body.code, 'internal');
  assert.doesNotMatch(answer.text, /WRONGTYPE|script/);
  assert.match(errorOf(answer).err.message, /^WRONGTYPE/);
  assert.ok(errorOf(answer).err.stack);
  assert.deepEqual(linesWith('555 0199'), []);
});

test('a message whose outcome is unknown is not in the log', async () => {
  redis.pause();
  const send = { fields: { text: 'lost for words' } };
  const answer = await service.server.post('/v1/users/alice/conversations/user:bob/messages', send);
  redis.resume();
  assert.equal(answer.status, 504);
  assert.ok(errorOf(answer));
  assert.deepEqual(linesWith('lost for words'), []);
});

test('credentials in a query are not in the log, however their names are written', async () => {
  const names = [
    'ticket',
    '%74icket',
    'tick%65t',
    'x=1&ticket',
    'access_token',
    'api_key',
    '%E0ticket',
    'Authorization',
  ];
  for (const path of ['/v1/users/alice/inbox/stream', '/v1/users/alice', '/nowhere', '/v1/users/%E0%A4%A']) {
    for (const name of names) await service.with().get(`${path}?${name}=s3cr3t&start=0`);
  }
  assert.deepEqual(linesWith('s3cr3t'), []);
  assert.notDeepEqual(linesWith('ticket=[redacted]&start=0'), []);
});
