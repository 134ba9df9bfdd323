import type { Writable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { Sink } from '../delivery/subscriber.ts';
import type { Cursor } from '../ids.ts';

/** How events are written: Server-Sent Events, or one JSON object a line. */
export type WireForm = 'sse' | 'ndjson';

const CONTENT_TYPE: Record<WireForm, string> = {
  sse: 'text/event-stream; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** How long a response that was ended may take to leave, ms; a client that reads nothing is cut off then. */
const LINGER_MS = 2_000;
/** When an EventSource comes back by itself, ms. */
const RETRY_MS = 3_000;

/**
 * An open response of events. Takes the reply away from Fastify, and sends the head at once. The response has no length
 * and no chunks, and ends with its connection: a frame goes to the socket as it is, and several go in one write.
 */
export class EventStream implements Sink {
  readonly #reply: FastifyReply;
  /**
   * The socket itself: what a response does for each write (cork, a tick later uncork) costs a third of a delivery. Only a
   * request that was sent before the one in front of it was answered has no socket yet, and writes through its response.
   */
  readonly #out: Writable;
  readonly #form: WireForm;
  #pending = '';
  #full = false;
  #onDrain: () => void = () => {};

  constructor(reply: FastifyReply, form: WireForm) {
    this.#reply = reply;
    this.#form = form;
    reply.hijack();
    const { raw } = reply;
    raw.useChunkedEncodingByDefault = false;
    raw.shouldKeepAlive = false;
    raw.writeHead(200, {
      ...(reply.getHeaders() as Record<string, string>),
      'content-type': CONTENT_TYPE[form],
      // no-transform: a compressing proxy would hold events back.
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    raw.flushHeaders();
    this.#out = raw.socket ?? raw;
    const drained = () => {
      this.#full = false;
      this.#onDrain();
    };
    this.#out.on('drain', drained);
    raw.once('close', () => this.#out.off('drain', drained));
    this.retry(RETRY_MS);
  }

  event(name: string, cursor: Cursor, json: string): void {
    // JSON has no bare line feed, and a cursor no other character than digits and a dash: nothing can forge a field.
    this.#pending +=
      this.#form === 'sse'
        ? `id: ${cursor}\nevent: ${name}\ndata: ${json}\n\n`
        : `{"event":"${name}","cursor":"${cursor}","data":${json}}\n`;
  }

  retry(ms: number): void {
    if (this.#form === 'sse') this.#pending += `retry: ${ms}\n\n`;
  }

  flush(): boolean {
    if (this.#pending !== '') {
      const frames = this.#pending;
      this.#pending = '';
      if (!this.#reply.raw.destroyed) this.#full = !this.#out.write(frames);
    }
    return !this.#full;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  end(): void {
    const { raw } = this.#reply;
    raw.end();
    const timer = setTimeout(() => raw.destroy(), LINGER_MS);
    raw.once('close', () => clearTimeout(timer));
  }
}
