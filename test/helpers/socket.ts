import { once } from 'node:events';
import WebSocket, { type ClientOptions } from 'ws';
import { eventually } from './delivery.ts';
import { API_KEY, type Service } from './service.ts';

/** A frame from the server: an event, or an answer. */
export interface Frame {
  event?: string;
  cursor?: string;
  data?: Record<string, unknown> & { fields?: Record<string, string> };
  id?: string | number;
  status?: number;
  body?: Record<string, unknown> & { code?: string; detail?: string };
}

/** A client of a socket, which keeps what it gets. */
export class SocketClient {
  readonly ws: WebSocket;
  readonly frames: Frame[] = [];
  /** The answer in place of a socket, as far as there is one. */
  refused: { status: number; type: string; body: Frame['body'] } | undefined;
  closed: { code: number; reason: string } | undefined;

  constructor(service: Pick<Service, 'url'>, path: string, credential?: string, options: ClientOptions = {}) {
    const headers = { ...(credential ? { authorization: `Bearer ${credential}` } : {}), ...options.headers };
    this.ws = new WebSocket(`${service.url.replace('http', 'ws')}${path}`, { ...options, headers });
    this.ws.on('error', () => {});
    this.ws.on('message', (data) => this.frames.push(JSON.parse(String(data))));
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.ws.on('unexpected-response', async (_request, response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      this.refused = {
        status: response.statusCode!,
        type: String(response.headers['content-type']),
        body: JSON.parse(text),
      };
      this.ws.terminate();
    });
  }

  /** Opens one, and waits until it is open. */
  static async open(...args: ConstructorParameters<typeof SocketClient>): Promise<SocketClient> {
    const client = new SocketClient(...args);
    await once(client.ws, 'open');
    return client;
  }

  /** Opens one that has everything up to now. */
  static async live(service: Service, path: string, credential = API_KEY): Promise<SocketClient> {
    const client = await SocketClient.open(service, path, credential);
    await client.event('ready');
    return client;
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The first event of a name, once it has come. */
  async event(name: string): Promise<Frame> {
    return this.until((frames) => frames.find(({ event }) => event === name), name);
  }

  /** The answer to a request, once it has come. */
  async answer(id: string | number): Promise<Frame> {
    return this.until((frames) => frames.find((frame) => frame.id === id), `the answer to ${id}`);
  }

  /** Makes a request; resolves with its answer. */
  ask(id: string | number, method: string, path: string, body?: unknown): Promise<Frame> {
    this.send({ id, method, path, ...(body === undefined ? {} : { body }) });
    return this.answer(id);
  }

  async until<Found>(find: (frames: Frame[]) => Found | undefined | false, what: string): Promise<Found> {
    await eventually(() => Boolean(find(this.frames)), `${what}; there is ${JSON.stringify(this.frames.slice(-3))}`);
    return find(this.frames) as Found;
  }

  get messages(): Record<string, unknown>[] {
    return this.frames.filter(({ event }) => event === 'message').map(({ data }) => data!);
  }

  get texts(): (string | undefined)[] {
    return this.messages.map((message) => (message.fields as { text?: string }).text);
  }

  /** Resolves with code and reason once it is closed. */
  async end(): Promise<{ code: number; reason: string }> {
    await eventually(() => this.closed !== undefined, `the end; there is ${JSON.stringify(this.frames.slice(-3))}`);
    return this.closed!;
  }

  /** Resolves with the answer in place of a socket. */
  async refusal(): Promise<NonNullable<SocketClient['refused']>> {
    await eventually(() => this.refused !== undefined || this.ws.readyState === WebSocket.OPEN, 'a refusal');
    if (!this.refused) throw new Error('the socket is open');
    return this.refused;
  }
}
