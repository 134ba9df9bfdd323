import { conversationOf, type LogName, parseConversation } from '../../domain/conversations.ts';
import type { Message } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { Page } from '../../domain/pages.ts';
import { compareStreamIds, type MessageId, parseStreamId } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import type { Block, Blocks } from '../blocks/blocks.ts';
import type { Contact, Contacts } from '../contacts/contacts.ts';
import type { ConversationSummary, Conversations } from '../conversations/conversations.ts';
import type { Group, Groups } from '../groups/groups.ts';
import type { Member, Members } from '../members/members.ts';
import type { History } from '../messages/history.ts';
import type { Device, Devices } from '../push/devices.ts';
import type { User, Users } from '../users/users.ts';
import { type SentPage, sent } from './commands.ts';

/** A line of an export. */
export type ExportLine =
  | { type: 'user'; data: User }
  | { type: 'contact'; data: Contact }
  | { type: 'block'; data: Block }
  | { type: 'device'; data: Device }
  | { type: 'membership'; data: { group: Group; member: Member } }
  | { type: 'conversation'; data: ConversationSummary }
  | { type: 'message'; own: boolean; data: Message }
  | { type: 'end'; data: ExportCounts };

type MessageLine = Extract<ExportLine, { type: 'message' }>;

/** How many lines of each kind there were. */
export interface ExportCounts {
  contacts: number;
  blocks: number;
  devices: number;
  memberships: number;
  conversations: number;
  messages: number;
  /** Those of the messages that the user has sent. */
  own: number;
}

export interface ExportsOptions {
  store: Store;
  users: Users;
  contacts: Contacts;
  blocks: Blocks;
  devices: Devices;
  groups: Groups;
  members: Members;
  conversations: Conversations;
  history: History;
}

const START = '0-0' as MessageId;
const LIST_PAGE = 1_000;
/** A profile, and the newest message of a conversation, may have 64 KiB. */
const LARGE_PAGE = 50;
/** How somebody is refused who is a member no more. */
const LEFT = ['not_member', 'group_not_found'];

/** Everything that is a user's, for the user to take along. */
export class Exports {
  readonly #of: ExportsOptions;

  constructor(options: ExportsOptions) {
    this.#of = options;
  }

  /**
   * The lines of an export, some at a time: each part costs a call or two of Redis, when it is asked for. What changes
   * meanwhile may be in it or not. Throws `user_not_found`, also where the user is removed meanwhile.
   */
  async *lines(uid: Uid): AsyncGenerator<ExportLine[]> {
    const { users, contacts, blocks, devices } = this.#of;
    const user = await users.get(uid);
    yield [{ type: 'user', data: user }];
    const counts: ExportCounts = {
      contacts: 0,
      blocks: 0,
      devices: 0,
      memberships: 0,
      conversations: 0,
      messages: 0,
      own: 0,
    };
    for await (const page of pagesOf((after) => contacts.list(uid, { limit: LIST_PAGE, after }))) {
      counts.contacts += page.length;
      yield page.map((data) => ({ type: 'contact', data }));
    }
    for await (const page of pagesOf((after) => blocks.list(uid, { limit: LIST_PAGE, after }))) {
      counts.blocks += page.length;
      yield page.map((data) => ({ type: 'block', data }));
    }
    const own = await devices.list(uid);
    counts.devices = own.length;
    yield own.map((data) => ({ type: 'device', data }));
    const { logs, left } = await this.#places(uid);
    for (const some of inParts(logs)) {
      const page = await this.#memberships(uid, some);
      counts.memberships += page.length;
      yield page;
    }
    for (const some of inParts(logs)) {
      const page = await this.#of.conversations.some(uid, some);
      counts.conversations += page.length;
      yield page.map((data) => ({ type: 'conversation', data }));
    }
    for await (const page of this.#messages(uid, logs, left)) {
      counts.messages += page.length;
      counts.own += page.filter(({ own }) => own).length;
      yield page;
    }
    // Of somebody who is gone meanwhile, or another one by now, this would not be all.
    const { createdAt } = await users.get(uid);
    if (createdAt !== user.createdAt) throw new ImError('user_not_found', `"${uid}" was removed meanwhile.`);
    yield [{ type: 'end', data: counts }];
  }

  /** The logs that a user has, and those of groups that it has left, with their incarnations: at one moment, so that none is missing. */
  async #places(uid: Uid): Promise<{ logs: LogName[]; left: Record<LogName, string> }> {
    const { redis, keys } = this.#of.store;
    const replies = await redis.multi().hkeys(keys.read(uid)).hgetall(keys.left(uid)).exec();
    const [logs, left] = replies!.map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
    return { logs: logs as LogName[], left: left as Record<LogName, string> };
  }

  async #memberships(uid: Uid, logs: readonly LogName[]) {
    const { groups, members } = this.#of;
    const gids = logs.flatMap((log) => gidOf(uid, log) ?? []);
    const found = (await groups.some(gids)).map(
      async (group): Promise<Extract<ExportLine, { type: 'membership' }>[]> => {
        const member = await members.get({ kind: 'server' }, group.gid, uid).catch(unlessLeft);
        return member ? [{ type: 'membership', data: { group, member } }] : [];
      },
    );
    return (await Promise.all(found)).flat();
  }

  /** Those of the conversations that the user has, then what it has sent to those that it has left. */
  async *#messages(uid: Uid, logs: readonly LogName[], left: Record<LogName, string>): AsyncGenerator<MessageLine[]> {
    for (const log of logs) yield* this.#messagesOf(uid, log);
    const { redis, keys } = this.#of.store;
    for (const log of Object.keys(left) as LogName[]) {
      const incarnation = (await redis.hget(keys.group(gidOf(uid, log)!), 'incarnation')) ?? '';
      if (incarnation === left[log]) yield* this.#sent(uid, log, START);
    }
  }

  /** What the user may read of a conversation, and what it has sent before that. */
  async *#messagesOf(uid: Uid, log: LogName): AsyncGenerator<MessageLine[]> {
    const { store, history } = this.#of;
    const { redis, keys } = store;
    const conversation = conversationOf(uid, log);
    const [floor, former] = await Promise.all([
      redis.hget(keys.floors(uid), log) as Promise<MessageId | null>,
      redis.hget(keys.removedUser(uid), log) as Promise<MessageId | null>,
    ]);
    if (floor !== null) yield* this.#sent(uid, log, START, floor);
    let after = floor ?? START;
    for (let isRead = false; !isRead; ) {
      const range = { after, limit: LARGE_PAGE };
      const page: Page<Message> | undefined = await history.page(uid, conversation, range).catch(unlessLeft);
      if (!page) return yield* this.#sent(uid, log, after);
      yield page.items.map((data): MessageLine => ({ type: 'message', own: isOwn(uid, data, former), data }));
      isRead = page.next === undefined;
      after = (page.next as MessageId | undefined) ?? after;
    }
  }

  /** What the user has sent to a log after one message, up to another. */
  async *#sent(uid: Uid, log: LogName, from: MessageId, stop?: MessageId): AsyncGenerator<MessageLine[]> {
    for (let after: MessageId | undefined = from; after !== undefined; ) {
      const page: SentPage = await this.#of.store.run(sent, { uid, log, after, stop });
      yield page.messages.map((data): MessageLine => ({ type: 'message', own: true, data }));
      after = page.next;
    }
  }
}

/** Whether a user has sent what a history shows, and not a former one of the name. An erased message is its sender's, too. */
function isOwn(uid: Uid, { id, from, action }: Message, former: MessageId | null): boolean {
  if (from !== uid || (action !== undefined && action !== 'gone')) return false;
  return former === null || compareStreamIds(parseStreamId(id)!, parseStreamId(former)!) > 0;
}

function unlessLeft(error: unknown): undefined {
  if (!(error instanceof ImError && [...LEFT, 'member_not_found'].includes(error.code))) throw error;
}

function gidOf(uid: Uid, log: LogName): Gid | undefined {
  const named = parseConversation(conversationOf(uid, log));
  return 'gid' in named ? named.gid : undefined;
}

function* inParts(logs: readonly LogName[]) {
  for (let first = 0; first < logs.length; first += LARGE_PAGE) yield logs.slice(first, first + LARGE_PAGE);
}

/** The items of a list, a page at a time. */
async function* pagesOf<Item>(read: (after: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item[]> {
  let after: string | undefined;
  do {
    const page = await read(after);
    yield page.items;
    after = page.next;
  } while (after !== undefined);
}
