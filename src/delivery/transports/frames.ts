import type { Cursor } from '../../domain/stream-ids.ts';
import type { EventName, SignalName } from '../sink.ts';

/** How events are written: Server-Sent Events, or one JSON object a line. */
export type WireForm = 'sse' | 'ndjson';

/** In place of a cursor: what follows is a frame already. */
const AS_IT_IS = '';

/**
 * The frames of one turn, which leave in one write. Until then they are kept as what they are made of, which all recipients of
 * a message share: texts of their own would be copied by each collection of garbage that comes between.
 */
export class Frames {
  readonly #form: WireForm;
  /** A cursor and the JSON of its message, again and again. Most turns have one message: room for more is made when they come. */
  #parts: string[] | undefined;
  #isAscii = true;

  constructor(form: WireForm) {
    this.#form = form;
  }

  /** What is plain ASCII is copied; UTF-8 is measured and converted. */
  get encoding(): 'latin1' | 'utf8' {
    return this.#isAscii ? 'latin1' : 'utf8';
  }

  message(cursor: Cursor, json: string): void {
    this.#add(cursor, json, json);
  }

  event(name: EventName, cursor: Cursor, json: string, retryMs?: number): void {
    const retry = retryMs !== undefined && this.#form === 'sse' ? `retry: ${retryMs}\n` : '';
    this.#add(AS_IT_IS, retry + frameOf(this.#form, name, cursor, json), json);
  }

  signal(name: SignalName, json: string): void {
    // Without an id: a client keeps the last one, and resumes after it.
    const isLine = this.#form === 'ndjson';
    this.#add(AS_IT_IS, isLine ? `{"event":"${name}","data":${json}}\n` : `event: ${name}\ndata: ${json}\n\n`, json);
  }

  /**
   * What is to be written. Where it is what was written last, to another follower of the same conversation, its bytes are made once.
   *
   * @param isChunk whether it is framed as a chunk of HTTP/1.1
   */
  bytes(isChunk: boolean): string | Buffer {
    const parts = this.#parts ?? [];
    if (!isChunk) return textOf(this.#form, parts);
    if (last.form === this.#form && isSame(last.parts, parts)) {
      last.chunk ??= Buffer.from(last.text, this.encoding);
      return last.chunk;
    }
    const text = textOf(this.#form, parts);
    const length = this.#isAscii ? text.length : Buffer.byteLength(text);
    last.form = this.#form;
    last.parts = parts;
    last.text = `${length.toString(16)}\r\n${text}\r\n`;
    last.chunk = undefined;
    return last.text;
  }

  #add(cursor: string, text: string, json: string): void {
    if (this.#parts) this.#parts.push(cursor, text);
    else this.#parts = [cursor, text];
    this.#isAscii &&= isAscii(json);
  }
}

/** What was written last as a chunk: one object, changed in place, since no delivery to an inbox is the same as another. */
const last: { form: WireForm; parts: readonly string[]; text: string; chunk: Buffer | undefined } = {
  form: 'sse',
  parts: [],
  text: '',
  chunk: undefined,
};

/** Looks from the end: the last cursors are what differs between two inboxes. */
function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some.length !== others.length) return false;
  for (let i = some.length - 2; i >= 0; i -= 2) {
    if (some[i] !== others[i] || some[i + 1] !== others[i + 1]) return false;
  }
  return true;
}

function textOf(form: WireForm, parts: readonly string[]): string {
  let text = '';
  for (let i = 0; i < parts.length; i += 2) {
    const cursor = parts[i] as Cursor;
    text += cursor === AS_IT_IS ? parts[i + 1]! : frameOf(form, 'message', cursor, parts[i + 1]!);
  }
  return text;
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

function frameOf(form: WireForm, name: EventName, cursor: Cursor, json: string): string {
  // JSON has no bare line feed, and a cursor no other character than digits, dashes and tildes: nothing can forge a field.
  if (form === 'ndjson') return `{"event":"${name}","cursor":"${cursor}","data":${json}}\n`;
  return `id: ${cursor}\nevent: ${name}\ndata: ${json}\n\n`;
}
