import { conversationOf, type LogName } from '../domain/conversations.ts';
import { fieldsFrom, type RawEntry } from '../domain/entries.ts';
import type { Uid } from '../domain/names.ts';
import { decodeSignal, type SignalKind } from '../domain/signals.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';

/** One entry of the stream of signals. */
export class SignalEntry {
  /** Its own id, as Redis prints it. */
  readonly id: string;
  /** Whose it is. */
  readonly space: SpaceName;
  readonly kind: SignalKind;
  readonly recipients: readonly Uid[];
  /** Who has come or gone; there is nothing else in it then. */
  readonly present: Uid | undefined;
  /** The conversation's, or `''` where it is about none. */
  readonly log: LogName;
  readonly #data: object | undefined;
  #conversation: string | undefined;
  #json = '';

  constructor([id, all]: RawEntry) {
    const isNamed = all[0] === 'space';
    this.space = isNamed ? (all[1] as SpaceName) : DEFAULT_SPACE;
    const flat = isNamed ? all.slice(2) : all;
    const [, kind, , log, , to] = flat;
    const data = fieldsFrom(flat, 6);
    this.id = id;
    this.kind = (kind ?? '') as SignalKind;
    this.log = (log ?? '') as LogName;
    this.present = kind === 'presence' ? (data.uid as Uid) : undefined;
    this.recipients = to ? (to.split(' ') as Uid[]) : [];
    this.#data = decodeSignal(this.kind, data);
  }

  /** Whether it says something that this version understands. */
  get isKnown(): boolean {
    return this.#data !== undefined;
  }

  /** What it says, as `reader` names the conversation; rendered once for all who name it alike. */
  jsonFor(reader: Uid): string {
    const conversation = this.log === '' ? '' : conversationOf(reader, this.log);
    if (this.#conversation !== conversation) {
      this.#json = JSON.stringify(conversation === '' ? this.#data : { conversation, ...this.#data });
      this.#conversation = conversation;
    }
    return this.#json;
  }
}
