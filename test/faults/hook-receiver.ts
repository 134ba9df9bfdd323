import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** One time that an event came. */
export interface Arrival {
  /** `webhook-id`. */
  id: string;
  headers: IncomingHttpHeaders;
  text: string;
  /** ms of `performance.now()`. */
  at: number;
  /** Whether the signature is that of the webhook. */
  isSigned: boolean;
  /** Whether it was answered with a success, as far as the receiver knows. */
  isTaken: boolean;
}

/** How a receiver answers; what it does not answer stays open. @returns whether that is a success */
export type Manner = (response: ServerResponse, request: IncomingMessage) => boolean | Promise<boolean>;

/** As one should. */
export const polite: Manner = (response) => {
  response.writeHead(204).end();
  return true;
};

/** Somebody's server that webhooks are sent to, which keeps all that comes, and may be as bad as such servers are. */
export class HookReceiver {
  readonly arrivals: Arrival[] = [];
  manner: Manner = polite;
  /** What signs. */
  secret = '';
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  static async start(): Promise<HookReceiver> {
    const receiver = new HookReceiver();
    await receiver.up();
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  /** The ids of the events that were answered with a success. */
  get taken(): Set<string> {
    return new Set(this.arrivals.flatMap(({ id, isTaken }) => (isTaken ? id : [])));
  }

  /** Listens, where it did before. */
  async up(): Promise<void> {
    this.#server = createServer((request, response) => void this.#take(request, response).catch(() => {}));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Nobody listens, and what was open is reset. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    await closed;
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { headers } = request;
    const arrival = {
      id: String(headers['webhook-id']),
      headers,
      text,
      at: performance.now(),
      isTaken: false,
      isSigned: false,
    };
    this.arrivals.push(arrival);
    arrival.isSigned = isSignedWith(this.secret, text, headers);
    arrival.isTaken = await this.manner(response, request);
  }
}

function isSignedWith(secret: string, text: string, headers: IncomingHttpHeaders): boolean {
  try {
    new Webhook(secret).verify(text, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}
