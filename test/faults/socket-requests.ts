import WebSocket from 'ws';
import type { Answer, Endpoint } from './requests.ts';

/** Longer than the service ever takes, unless it or its Redis is stopped. */
const TIMEOUT_MS = 10_000;

/** A socket on which requests are made; one for each node and space, and another one after it has broken. */
class RequestSocket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #opened: Promise<boolean>;
  #next = 0;

  /** @param closed told when it is of no use any more */
  constructor({ url: base, key }: Endpoint, closed: () => void) {
    const url = new URL('/v1/users/u0/inbox/socket', base);
    url.protocol = 'ws';
    const headers = { authorization: `Bearer ${key}` };
    const socket = new WebSocket(url, { headers, perMessageDeflate: false });
    this.#socket = socket;
    this.#opened = new Promise((resolve) => {
      socket.once('open', () => resolve(true));
      socket.once('close', () => resolve(false));
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      closed();
      // Whether what was sent has been done, nobody says.
      for (const resolve of this.#waiting.values()) resolve({ status: 0, body: undefined, neverSent: false });
    });
    socket.on('message', (text) => {
      const { id, status, body } = JSON.parse(String(text)) as { id?: number; status?: number; body?: unknown };
      if (id === undefined || status === undefined) return;
      this.#waiting.get(id)?.({ status, body, neverSent: false });
      this.#waiting.delete(id);
    });
  }

  async ask(method: string, path: string, body?: object): Promise<Answer> {
    if (!(await this.#opened) || this.#socket.readyState !== WebSocket.OPEN) {
      return { status: 0, body: undefined, neverSent: true };
    }
    const id = this.#next++;
    const timer = setTimeout(() => this.#socket.terminate(), TIMEOUT_MS);
    return new Promise<Answer>((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, path, ...(body ? { body } : {}) }));
    }).finally(() => clearTimeout(timer));
  }

  close(): void {
    this.#socket.terminate();
  }
}

const sockets = new Map<string, RequestSocket>();

/** As `ask` of requests.ts, in a frame of a WebSocket. */
export function askOverSocket(endpoint: Endpoint, method: string, path: string, body?: object): Promise<Answer> {
  const name = `${endpoint.key} ${endpoint.url}`;
  let socket = sockets.get(name);
  if (!socket) {
    const opened = new RequestSocket(endpoint, () => sockets.delete(name));
    sockets.set(name, opened);
    socket = opened;
  }
  return socket.ask(method, path, body);
}

/** Ends the sockets that are open. */
export function closeSockets(): void {
  for (const socket of sockets.values()) socket.close();
}
