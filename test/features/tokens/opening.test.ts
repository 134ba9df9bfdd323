import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import WebSocket from 'ws';
import { TcpProxy } from '../../faults/proxy.ts';
import { eventually } from '../../helpers/delivery.ts';
import { type Service, startService, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/**
 * A user is suspended in the very moment in which it opens a stream: the token was good when it was looked at, and the signal
 * that ends the user's streams comes before there is one. Replies to the other node's commands are held until that signal
 * is there.
 */

const { redis, service } = useService({
  prepare: async ({ config }) => {
    proxy = await TcpProxy.start({ path: redis.path });
    const behind = Object.defineProperty(Object.create(redis), 'target', { value: { url: proxy.url } });
    other = await startService(behind, { keyPrefix: config.keyPrefix, commandTimeoutMs: 20_000 });
  },
});
let proxy: TcpProxy;
let other: Service;
after(async () => {
  await other?.close();
  proxy?.close();
});

/** What `open` comes to where the user is suspended while the node waits for Redis. */
async function suspendWhile<Opened>(uid: string, open: (token: string) => Promise<Opened>): Promise<Opened> {
  await service.people(uid);
  const token = await userToken(uid);
  // What the node asks for to begin with, it has.
  await other.with(token).get('/v1/users/me/inbox').expect(200);
  const held = proxy.hold();
  const opened = open(token);
  await held;
  await service.server.put(`/v1/users/${uid}/suspension`).expect(201);
  // A ticket is made without Redis.
  const isRefused = async () => (await other.with(token).post('/v1/users/me/tickets')).status === 403;
  await eventually(isRefused, 'the node to hear of it');
  proxy.release();
  return opened;
}

test('a stream ends at once', async () => {
  const text = await suspendWhile('alice', async (token) => {
    const answer = await fetch(`${other.url}/v1/users/me/inbox/stream`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(8_000),
    });
    return answer.text();
  });
  assert.match(text, /event: bye\ndata: \{"reason":"suspended"/);
});

test('a socket is closed at once', async () => {
  const closed = await suspendWhile('bob', (token) => {
    const webSocket = new WebSocket(`${other.url.replace('http', 'ws')}/v1/users/me/inbox/socket`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return new Promise<string>((resolve, reject) => {
      webSocket.once('close', (code, reason) => resolve(`${code} ${reason}`));
      webSocket.once('error', reject);
      setTimeout(() => webSocket.terminate(), 8_000).unref();
    });
  });
  assert.equal(closed, '4403 suspended');
});

test('a socket that sends its token in a frame is closed at once', async () => {
  const closed = await suspendWhile('carol', async (token) => {
    const webSocket = new WebSocket(`${other.url.replace('http', 'ws')}/v1/users/carol/inbox/socket`);
    const closed = new Promise<string>((resolve, reject) => {
      webSocket.once('close', (code, reason) => resolve(`${code} ${reason}`));
      webSocket.once('error', reject);
      setTimeout(() => webSocket.terminate(), 8_000).unref();
    });
    webSocket.once('open', () => webSocket.send(JSON.stringify({ token })));
    return closed;
  });
  assert.equal(closed, '4403 suspended');
});

test('a long-poll is refused, whether it comes in that moment or has been waiting', async () => {
  const poll = (token: string) => other.with(token).get('/v1/users/me/inbox?start=$&block=8000');
  const { status, body } = await suspendWhile('dave', async (token) => poll(token));
  assert.deepEqual([status, body.code], [403, 'suspended']);

  await service.people('erin');
  const waiting = poll(await userToken('erin')).then((answer) => answer);
  const isWaiting = async () => /state="waiting"\} 1$/m.test((await other.with().get('/metrics')).text);
  await eventually(isWaiting, 'the long-poll to wait');
  await service.server.put('/v1/users/erin/suspension').expect(201);
  const answer = await waiting;
  assert.deepEqual([answer.status, answer.body.code], [403, 'suspended']);
});
