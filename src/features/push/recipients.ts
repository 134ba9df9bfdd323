import { conversationOf, type LogName, parseConversation } from '../../domain/conversations.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import type { ConversationKind } from '../journal/journal-entry.ts';
import { type Finding, lookUp, type Told, withDevices } from './commands.ts';

/** A message that somebody may have to be notified of. */
export interface NewMessage {
  log: LogName;
  id: MessageId;
  from: Uid;
  kind: ConversationKind;
  /** Uids, or `*` for everybody. */
  mentions: readonly string[];
  /** `''` if there is none. */
  text: string;
  /** When it was sent, ms since 1970. */
  sentAtMs: number;
}

/** What a look at somebody came to. */
export interface Looked {
  uid: Uid;
  finding: Finding;
  fromName: string;
  groupName: string;
}

/** How many people one call looks at, and of how many messages one asks who has a device: Redis does nothing else meanwhile. */
const TOGETHER = 100;
const MESSAGES_TOGETHER = 20;

export interface RecipientsOptions {
  store: Store;
  /** Whether it is known who has a stream open. */
  knowsPresence: boolean;
  /** Whether somebody has a stream open here. */
  isHere(uid: Uid): boolean;
}

/** Who is to be notified of a message. */
export class Recipients {
  readonly #of: RecipientsOptions;

  constructor(options: RecipientsOptions) {
    this.#of = options;
  }

  /** Of each message those whom it is told, and who have a device; without its sender. */
  async withDevices(messages: readonly NewMessage[]): Promise<Uid[][]> {
    const found: Uid[][] = [];
    for (let first = 0; first < messages.length; first += MESSAGES_TOGETHER) {
      const some = messages.slice(first, first + MESSAGES_TOGETHER);
      const uids = await this.#of.store.run(withDevices, some.map(toldOf));
      found.push(...uids.map((all, i) => all.filter((uid) => uid !== some[i]!.from)));
    }
    return found;
  }

  /** How it stands with each of some people now. */
  async look(message: NewMessage, uids: readonly Uid[]): Promise<Looked[]> {
    const { store, knowsPresence, isHere } = this.#of;
    const looked: Looked[] = [];
    for (let first = 0; first < uids.length; first += TOGETHER) {
      const some = uids.slice(first, first + TOGETHER);
      const away = some.filter((uid) => !isHere(uid));
      for (const uid of some) {
        if (isHere(uid)) looked.push({ uid, finding: { silence: 'online' }, fromName: '', groupName: '' });
      }
      if (away.length === 0) continue;
      const people = away.map((uid) => ({ uid, isNamed: message.mentions.includes(uid) }));
      const { log, id, from } = message;
      const gid = gidOf(message);
      const { findings, ...names } = await store.run(lookUp, { log, id, from, gid, knowsPresence, people });
      looked.push(...findings.map((finding, i) => ({ uid: away[i]!, finding, ...names })));
    }
    return looked;
  }
}

/** All members of a group; of a channel those alone that the message names. */
function toldOf(message: NewMessage): Told {
  const named = parseConversation(conversationOf(message.from, message.log));
  if ('peer' in named) return { uids: [named.peer] };
  return message.kind === 'channel' ? { uids: message.mentions as Uid[] } : { gid: named.gid };
}

function gidOf({ from, log }: NewMessage): Gid | undefined {
  const named = parseConversation(conversationOf(from, log));
  return 'gid' in named ? named.gid : undefined;
}
