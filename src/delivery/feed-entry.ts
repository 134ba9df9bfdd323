import { conversationOf, type LogName } from '../domain/conversations.ts';
import { actionIn, type LogEntry, parseEntry, type RawEntry, renderMessage } from '../domain/entries.ts';
import type { Uid } from '../domain/names.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';
import type { Cursor, MessageId } from '../domain/stream-ids.ts';

/** Why all tokens of a user end before their time. */
export type TokensEnd = 'user_removed' | 'token_revoked' | 'suspended';

/** One entry of the feed: a message and which inbox entries refer to it, or what the nodes have to know. */
export class FeedEntry {
  /** Its own id, as Redis prints it. */
  readonly id: string;
  /** Whose it is. */
  readonly space: SpaceName;
  /** The epoch of the recipients' inbox entries, with the dash behind it; in the default space that of the id, too. */
  readonly epoch: string;
  readonly log: LogName;
  readonly mid: MessageId;
  /** `uid n uid n …`: who was reached, and the number of the entry in each one's inbox. */
  readonly recipients: readonly string[];
  /** In place of a message: tokens of this user are refused that were issued up to a moment, s since 1970. */
  readonly revoked: { uid: Uid; until: number; why: TokensEnd } | undefined;
  /** In place of a message: who is not suspended any more. */
  readonly lifted: Uid | undefined;
  /** In place of a message: the named space of which something was changed that nodes remember. */
  readonly changedSpace: SpaceName | undefined;
  readonly #flat: readonly string[];
  /** The message as it came, until somebody wants to see more of it than what it does: of most, nobody on this node. */
  #body: string[] | undefined;
  #message: LogEntry | undefined;
  readonly #isOfGroup: boolean;
  #reader = '';
  #json = '';
  #incarnation: string | undefined;
  #cursor = '' as Cursor;

  constructor([id, all]: RawEntry) {
    this.id = id;
    const isNamed = all[0] === 'space';
    this.space = isNamed ? (all[1] as SpaceName) : DEFAULT_SPACE;
    this.epoch = isNamed ? `${all[3]}-` : id.slice(0, id.indexOf('-') + 1);
    const flat = isNamed ? all.slice(4) : all;
    this.#flat = flat;
    const kind = flat[0];
    this.revoked = kind === 'revoked' ? revocationFrom(flat) : undefined;
    this.lifted = kind === 'lifted' ? (flat[1] as Uid) : undefined;
    this.changedSpace = kind === 'spaces' ? (flat[1] as SpaceName) : undefined;
    // What is of the journal only says that there is something to read.
    const isOfLog = !this.revoked && !this.lifted && !this.changedSpace && kind !== 'journal';
    this.log = ((isOfLog && flat[1]) || '') as LogName;
    this.#isOfGroup = this.log.startsWith('gs:');
    this.mid = ((isOfLog && flat[3]) || '0-0') as MessageId;
    this.recipients = isOfLog && flat[5] ? flat[5].split(' ') : [];
    this.#body = isOfLog && flat.length > 6 ? flat.slice(6) : undefined;
  }

  /** The message; undefined while only its log has it (it was too large for the feed), or if it is gone. */
  get message(): LogEntry | undefined {
    if (this.#body) this.message = parseEntry([this.mid, this.#body]);
    return this.#message;
  }

  set message(message: LogEntry | undefined) {
    this.#message = message;
    this.#body = undefined;
  }

  /** Whether the message is known. */
  get hasMessage(): boolean {
    return this.#body !== undefined || this.#message !== undefined;
  }

  /** What is known to have happened, where it is more than that somebody has said something. */
  get action(): string | undefined {
    return this.#body ? actionIn(this.#body) : this.#message?.action;
  }

  /** What it is of: another entry of the same id has another one. */
  get identity(): string {
    return [this.space, ...this.#flat.slice(0, 4)].join(' ');
  }

  /** Whether it is an entry of its log: events for one person alone, and the last one of a group, are in none. */
  get isInLog(): boolean {
    return this.log !== '' && !this.mid.endsWith('-0') && this.action !== 'delete';
  }

  /** Who is out of the group by it, for the others are told of it, too. */
  get expelled(): Uid | undefined {
    const { action } = this;
    return action === 'quit' || action === 'ban' ? this.message!.from : undefined;
  }

  /** Its cursor in its log, of which this is the incarnation; made once for all who follow it. */
  cursorIn(
    incarnation: string,
    format: (position: { epoch: string; incarnation: string; id: MessageId }) => Cursor,
  ): Cursor {
    if (this.#incarnation !== incarnation) {
      this.#cursor = format({ epoch: this.epoch.slice(0, -1), incarnation, id: this.mid });
      this.#incarnation = incarnation;
    }
    return this.#cursor;
  }

  /** The message as JSON, as `reader` sees it; rendered once for all who see it alike, which in a group are all. */
  jsonFor(reader: Uid): string {
    if (this.#json !== '' && this.#isOfGroup) return this.#json;
    const conversation = conversationOf(reader, this.log);
    if (this.#reader !== conversation) {
      this.#json = renderMessage(conversation, this.mid, this.message);
      this.#reader = conversation;
    }
    return this.#json;
  }
}

/** `revoked <uid> until <s> why <reason>`; a node of an older version gives no reason, and there is only one. */
function revocationFrom([, uid, , until, , why = 'user_removed']: string[]) {
  return { uid: uid as Uid, until: Number(until), why: why as TokensEnd };
}
