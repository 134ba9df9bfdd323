import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import WebSocket, { WebSocketServer } from 'ws';
import type { Source } from '../../src/delivery/source.ts';
import { MAX_IN_FLIGHT, type SessionHost, SocketSession } from '../../src/delivery/transports/socket-session.ts';
import type { Uid } from '../../src/domain/names.ts';
import type { Cursor } from '../../src/domain/stream-ids.ts';
import { eventually } from '../helpers/delivery.ts';

/** A socket's requests where nobody reads the answers: over a real connection, without the service behind it. */

const server = createServer();
const sockets = new WebSocketServer({ server });
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  for (const webSocket of sockets.clients) webSocket.terminate();
  sockets.close();
  server.close();
});

const MEMBER = {
  uid: 'bob' as Uid,
  source: { key: 's:bob' } as Source,
  position: '1-0' as Cursor,
  authorization: 'Bearer x',
  expiresAt: Infinity,
  serverKey: undefined,
  refusal: () => undefined,
};
/** Larger than what the kernel takes of a connection that nobody reads, a few of them together. */
const ANSWER = `"${'x'.repeat(2 * 2 ** 20)}"`;

/** Both ends of a WebSocket, and how many requests were made. */
async function connect() {
  const made = { requests: 0 };
  const host: SessionHost = {
    identify: async () => MEMBER,
    perform: async () => {
      made.requests++;
      return { status: 200, body: ANSWER };
    },
    problem: () => `"${'p'.repeat(1_000)}"`,
    subscribe: () => () => {},
    failed: (error) => assert.fail(error as Error),
    pingMs: 60_000,
  };
  const accepted = once(sockets, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [webSocket, request] = await accepted;
  new SocketSession(webSocket, request.socket as Socket, host, MEMBER);
  await once(client, 'open');
  return { client, webSocket, made };
}

test('who reads no answers has few requests made, and is read no more', async () => {
  const { client, webSocket, made } = await connect();
  const done: number[] = [];
  client.on('message', (data) => {
    const { id, status } = JSON.parse(String(data)) as { id: number; status: number };
    if (status === 200) done.push(id);
  });
  client.pause();
  const ask = (id: number) => client.send(JSON.stringify({ id, method: 'GET', path: '/v1/users/me' }));
  // Whoever goes on sending waits in the kernel, instead of being told of each request that there are too many.
  for (let id = 0; id < 20_000; id++) ask(id);
  await eventually(() => webSocket.isPaused, 'the client to be left alone');
  for (let i = 0; i < 100; i++) await turn();
  assert.ok(made.requests < MAX_IN_FLIGHT / 2, `${made.requests} requests were made`);
  assert.ok(webSocket.bufferedAmount < 2 * ANSWER.length, `${webSocket.bufferedAmount} bytes wait`);
  assert.equal(webSocket.isPaused, true);
  client.resume();
  await eventually(() => done.length >= MAX_IN_FLIGHT, 'the answers');
  assert.deepEqual(
    done.slice(0, MAX_IN_FLIGHT),
    Array.from({ length: MAX_IN_FLIGHT }, (_, id) => id),
  );
});
