import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { EventName, SignalName, Sink } from '../sink.ts';

/** How events are written: Server-Sent Events, or one JSON object a line. */
export type WireForm = 'sse' | 'ndjson';

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
    // For good: the connection ends with this response.
    this.#out.on('drain', () => {
      this.#full = false;
      this.#onDrain();
    });
  }

  event(name: EventName, cursor: Cursor, json: string, retryMs?: number): void {
    // JSON has no bare line feed, and a cursor no other character than digits, dashes and tildes: nothing can forge a field.
    if (name === 'message') {
      this.#pending = withMessage(this.#pending, this.#form, cursor, json);
      return;
    }
    const text = frameOf(this.#form, name, cursor, json);
    const retry = retryMs !== undefined && this.#form === 'sse' ? `retry: ${retryMs}\n` : '';
    this.#pending = new Frames(this.#pending, retry + text, isAscii(json));
  }

  signal(name: SignalName, json: string): void {
    // Without an id: a client keeps the last one, and resumes after it.
    const text = this.#form === 'ndjson' ? `{"event":"${name}","data":${json}}\n` : `event: ${name}\ndata: ${json}\n\n`;
    this.#pending = new Frames(this.#pending, text, isAscii(json));
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

/** What is to be written, in one go. Where it is the same for several responses, its bytes are made once. */
class Frames {
  readonly #text: string;
  readonly #isAscii: boolean;
  isShared = false;
  #chunk: Buffer | undefined;

  constructor(before: Frames | undefined, text: string, isAscii: boolean) {
    this.#text = before ? before.#text + text : text;
    this.#isAscii = isAscii && (before === undefined || before.#isAscii);
  }

  /** What is plain ASCII is copied; UTF-8 is measured and converted. */
  get encoding(): 'latin1' | 'utf8' {
    return this.#isAscii ? 'latin1' : 'utf8';
  }

  /** @param isChunk whether they are framed as a chunk of HTTP/1.1 */
  bytes(isChunk: boolean): string | Buffer {
    if (!isChunk) return this.#text;
    if (!this.isShared) return this.#framed();
    this.#chunk ??= Buffer.from(this.#framed(), this.encoding);
    return this.#chunk;
  }

  /** As HTTP/1.1 frames a part of a body: its length in bytes, the part. */
  #framed(): string {
    const bytes = this.#isAscii ? this.#text.length : Buffer.byteLength(this.#text);
    return `${bytes.toString(16)}\r\n${this.#text}\r\n`;
  }
}

/** The message that was added last: whoever follows the same conversation, and has as much, is given the same frames. */
const last: { before?: Frames | undefined; form?: WireForm; cursor?: Cursor; json?: string; frames?: Frames } = {};

function withMessage(before: Frames | undefined, form: WireForm, cursor: Cursor, json: string): Frames {
  if (last.frames && last.before === before && last.form === form && last.cursor === cursor && last.json === json) {
    last.frames.isShared = true;
    return last.frames;
  }
  const frames = new Frames(before, frameOf(form, 'message', cursor, json), isAscii(json));
  // One object, changed in place: no delivery to an inbox is shared with another.
  last.before = before;
  last.form = form;
  last.cursor = cursor;
  last.json = json;
  last.frames = frames;
  return frames;
}

/** The JSON that was looked at last: the same message goes to many. */
const known = { json: '', isAscii: true };

function isAscii(json: string): boolean {
  if (known.json !== json) {
    known.json = json;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what ASCII is.
    known.isAscii = !/[^\x00-\x7f]/.test(json);
  }
  return known.isAscii;
}

const AFTER_CURSOR: Record<EventName, string> = {
  ready: '\nevent: ready\ndata: ',
  message: '\nevent: message\ndata: ',
  entry: '\nevent: entry\ndata: ',
  heartbeat: '\nevent: heartbeat\ndata: ',
  gap: '\nevent: gap\ndata: ',
  bye: '\nevent: bye\ndata: ',
};

function frameOf(form: WireForm, name: EventName, cursor: Cursor, json: string): string {
  if (form === 'ndjson') return `{"event":"${name}","cursor":"${cursor}","data":${json}}\n`;
  // In few pieces: each that is put together is an object of its own until all is written.
  return `id: ${cursor}${AFTER_CURSOR[name]}${json}\n\n`;
}
