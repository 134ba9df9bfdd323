import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { EventName, SignalName, Sink } from '../sink.ts';
import { Frames, type WireForm } from './frames.ts';

const CONTENT_TYPE: Record<WireForm, string> = {
  sse: 'text/event-stream; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** How long a response that was ended may take to leave, ms; a client that reads nothing is cut off then. */
const LINGER_MS = 2_000;

/**
 * An open response of events. What was added leaves as one chunk, in one write, the first together with the head; without
 * chunks some clients (Python's urllib3 and what stands on it) hold events back for seconds. A client of HTTP/1.0 knows no
 * chunks and gets none.
 */
export class EventStream implements Sink {
  readonly #response: ServerResponse;
  /**
   * The socket itself: what a response does for each write (cork, a tick later uncork) costs a third of a delivery. Only a
   * request that was sent before the one in front of it was answered has no socket yet, and writes through its response.
   */
  readonly #out: Writable;
  readonly #form: WireForm;
  /** Whether chunks are framed here; a response frames what is written through it by itself. */
  readonly #framesChunks: boolean;
  #pending: Frames | undefined;
  #full = false;
  #isCorked = true;
  #onDrain: () => void = () => {};

  /** @param headers what to send beside those of a stream */
  constructor(raw: ServerResponse, headers: OutgoingHttpHeaders, form: WireForm) {
    this.#response = raw;
    this.#form = form;
    // Node gives chunks to a client of HTTP/1.0 that sends `TE: chunked`; a proxy may have passed on what another one sent.
    raw.useChunkedEncodingByDefault = raw.req.httpVersion === '1.1';
    raw.shouldKeepAlive = false;
    raw.writeHead(200, {
      ...headers,
      'content-type': CONTENT_TYPE[form],
      // no-transform: a compressing proxy would hold events back.
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    this.#out = raw.socket ?? raw;
    // The head leaves with the first events, in one write.
    this.#out.cork();
    raw.flushHeaders();
    this.#framesChunks = raw.chunkedEncoding && this.#out !== raw;
    const drained = () => {
      this.#full = false;
      this.#onDrain();
    };
    this.#out.on('drain', drained);
    raw.once('close', () => this.#out.off('drain', drained));
  }

  event(name: EventName, cursor: Cursor, json: string, retryMs?: number): void {
    this.#pending ??= new Frames(this.#form);
    if (name === 'message') this.#pending.message(cursor, json);
    else this.#pending.event(name, cursor, json, retryMs);
  }

  signal(name: SignalName, json: string): void {
    this.#pending ??= new Frames(this.#form);
    this.#pending.signal(name, json);
  }

  flush(): boolean {
    if (this.#pending) {
      const frames = this.#pending;
      this.#pending = undefined;
      if (!this.#response.destroyed) this.#full = !this.#out.write(frames.bytes(this.#framesChunks), frames.encoding);
    }
    if (this.#isCorked) this.#uncork();
    return !this.#full;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  end(): void {
    const raw = this.#response;
    if (this.#isCorked) this.#uncork();
    raw.end();
    const timer = setTimeout(() => raw.destroy(), LINGER_MS);
    raw.once('close', () => clearTimeout(timer));
  }

  #uncork(): void {
    this.#isCorked = false;
    this.#out.uncork();
  }
}
