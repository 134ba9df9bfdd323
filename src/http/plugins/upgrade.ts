import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { ImError } from '../../domain/errors.ts';
import type { App } from '../fastify.ts';

/** The requests that ask for another protocol, as Node's parser found. */
const asksForUpgrade = new WeakSet<IncomingMessage>();

/**
 * A request that leaves HTTP only for a WebSocket. Once anybody listens for upgrades, Node takes every request with an
 * `Upgrade` header for one and does not read its body; curl and Java's client offer HTTP/2 that way with any request.
 */
export class UpgradableRequest extends IncomingMessage {
  get upgrade(): boolean {
    const { method, headers } = this;
    return asksForUpgrade.has(this) && method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
  }

  /** Set by Node's parser. */
  set upgrade(asked: boolean | null) {
    if (asked) asksForUpgrade.add(this);
  }
}

/** The bytes that came right behind a request that may become a WebSocket. */
const heads = new WeakMap<IncomingMessage, Buffer>();

/**
 * Has a WebSocket's request take the way of all others, through every hook to its route: who may open one is decided, and
 * a refusal told, as for any operation.
 */
export function registerUpgrade(app: App): void {
  app.server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    // The parser has left the connection: no other request can follow.
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.destroySoon());
    try {
      response.assignSocket(socket);
    } catch {
      // The request before it has not been answered yet; nobody may write in the middle of that answer.
      socket.destroy();
      return;
    }
    heads.set(request, head);
    app.routing(request, response);
  });
}

/** Whether a request asks for a WebSocket, so that {@link openWebSocket} may be called. */
export function asksForWebSocket(request: FastifyRequest): boolean {
  return heads.has(request.raw);
}

/**
 * Answers a request with 101.
 *
 * @param maxPayload what is larger, in bytes, ends the connection with 1009
 * @throws ImError `invalid_request` if the handshake is malformed
 */
export function openWebSocket(request: FastifyRequest, reply: FastifyReply, maxPayload: number): WebSocket {
  const server = new WebSocketServer({ noServer: true, clientTracking: false, maxPayload });
  let opened: WebSocket | undefined;
  let mistake = '';
  server.on('wsClientError', (error: Error) => {
    mistake = error.message;
  });
  server.on('headers', (headers) => headers.push(`x-request-id: ${request.id}`));
  const { raw } = request;
  server.handleUpgrade(raw, raw.socket, heads.get(raw)!, (webSocket) => {
    opened = webSocket;
  });
  if (!opened) throw new ImError('invalid_request', `This is no handshake of a WebSocket (RFC 6455): ${mistake}.`);
  reply.hijack();
  reply.raw.detachSocket(raw.socket);
  // The request ends with its connection, as that of a stream does; then it is logged.
  opened.once('close', () => {
    reply.raw.statusCode = 101;
    reply.raw.emit('finish');
  });
  return opened;
}
