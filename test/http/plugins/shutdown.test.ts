import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, contents, open } from '../../helpers/http.ts';
import { API_KEY } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/** What clients see of a service that stops. */

const { redis, service } = useService({ each: true, prepare: (service) => service.people('alice', 'bob') });

/** Sends a request, if asked to without its end; `answer` sends what is left, and waits for the connection's end. */
async function begin(line: string, { body = '', whole = false } = {}) {
  const type = body === '' ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n${type}`;
  const accepted = once(service.app.server, 'connection');
  const socket = open(service.url);
  await accepted;
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  const closed = once(socket, 'close');
  socket.write(whole ? `${head}\r\n${body}` : head);
  // The service has read it.
  await delay(50);
  return {
    async answer(): Promise<Answer> {
      if (!whole) socket.write(`\r\n${body}`);
      await closed;
      const [top = '', rest = ''] = text.split('\r\n\r\n', 2);
      const [status = '', ...lines] = top.split('\r\n');
      const headers = Object.fromEntries(lines.map((one) => one.toLowerCase().split(': ') as [string, string]));
      return { status: Number(status.split(' ')[1]), headers, text: rest };
    },
  };
}

test('a request that comes while the service stops is told so, and not done', async () => {
  const send = { body: JSON.stringify({ fields: { text: 'late' } }) };
  const late = await begin('POST /v1/users/alice/conversations/user:bob/messages', send);
  const untouched = await contents(service);
  // The service alone: its keys are still to be looked at.
  const closing = service.app.close();
  const { status, headers, text } = await late.answer();
  const problem = JSON.parse(text);
  assert.deepEqual([status, problem.code, problem.status], [503, 'unavailable', 503]);
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  assert.equal(headers['x-request-id'], problem.requestId);
  assert.equal(headers['retry-after'], '1');
  assert.equal(headers.connection, 'close');
  await closing;
  assert.deepEqual(await contents(service), untouched);
});

test('the probes go on: up, but not ready', async () => {
  const probes = await Promise.all([begin('GET /healthz'), begin('GET /readyz'), begin('GET /metrics')]);
  const closing = service.close();
  const [health, ready, metrics] = await Promise.all(probes.map((probe) => probe.answer()));
  await closing;
  assert.equal(health!.status, 200);
  assert.equal(metrics!.status, 200);
  assert.equal(ready!.status, 503);
  assert.deepEqual(JSON.parse(ready!.text).reasons, ['The service is stopping.']);
});

test('a request that was under way is answered, and its connection does not hold up the stop', async () => {
  redis.pause();
  const underWay = await begin('GET /v1/users/bob', { whole: true });
  const closing = service.close().then(() => 'closed');
  redis.resume();
  const { status, headers } = await underWay.answer();
  assert.equal(status, 200);
  assert.equal(headers.connection, 'close');
  assert.equal(await Promise.race([closing, delay(3_000, 'still open', { ref: false })]), 'closed');
});
