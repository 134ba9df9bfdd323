import type { Redis } from 'ioredis';
import type { Conversation } from '../../src/domain/conversations.ts';
import type { Gid, Uid } from '../../src/domain/names.ts';
import type { SpaceName } from '../../src/domain/spaces.ts';
import type { Cursor } from '../../src/domain/stream-ids.ts';
import { parseStreamId, type StreamId } from '../../src/domain/stream-ids.ts';
import { Bans } from '../../src/features/bans/bans.ts';
import { Blocks } from '../../src/features/blocks/blocks.ts';
import { Contacts } from '../../src/features/contacts/contacts.ts';
import { Conversations } from '../../src/features/conversations/conversations.ts';
import { LogReader } from '../../src/features/following/log-reader.ts';
import { Groups } from '../../src/features/groups/groups.ts';
import { Inbox } from '../../src/features/inbox/inbox.ts';
import { Consumers } from '../../src/features/journal/consumers.ts';
import { Journal } from '../../src/features/journal/journal.ts';
import { Members } from '../../src/features/members/members.ts';
import { Editing } from '../../src/features/messages/editing.ts';
import { EntryCache } from '../../src/features/messages/entry-cache.ts';
import { History } from '../../src/features/messages/history.ts';
import { Logs } from '../../src/features/messages/logs.ts';
import { Messages } from '../../src/features/messages/messages.ts';
import { Sender } from '../../src/features/messages/sender.ts';
import { Devices } from '../../src/features/push/devices.ts';
import { Reactions } from '../../src/features/reactions/reactions.ts';
import { openSpace } from '../../src/features/spaces/commands.ts';
import { Revocations } from '../../src/features/tokens/revocations.ts';
import { Typing } from '../../src/features/typing/typing.ts';
import { Users } from '../../src/features/users/users.ts';
import { Webhooks } from '../../src/features/webhooks/webhooks.ts';
import { connectCommands } from '../../src/redis/connection/command-connection.ts';
import { Keys } from '../../src/redis/keys.ts';
import type { ScriptSettings } from '../../src/redis/lua.ts';
import { prepare } from '../../src/redis/meta/commands.ts';
import { Store } from '../../src/redis/store.ts';
import { randomPrefix, type TestRedis } from './redis.ts';

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

export type Im = Awaited<ReturnType<typeof startIm>>;

/** The IM rules of a space on a real Redis, without HTTP, under a key prefix of their own, or the one that is given. */
export async function startIm(
  server: TestRedis,
  { keyPrefix, space = '', ...settings }: Partial<ScriptSettings & { keyPrefix: string; space: string }> = {},
) {
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  const refused: string[] = [];
  const levels: string[] = [];
  const ofDefault = new Store({
    redis,
    keys: new Keys(keyPrefix ?? randomPrefix()),
    settings: { ...SETTINGS, ...settings },
    onRefusedWrites: ({ reason }) => refused.push(reason),
    onNewerLevel: (level) => levels.push(level),
  });
  await ofDefault.run(prepare, '1');
  const name = space as SpaceName;
  if (space !== '') await ofDefault.run(openSpace, { name, maxUsers: undefined, paused: false });
  const store = ofDefault.of(name);
  const { keys } = store;
  const recent = new EntryCache();
  const logs = new Logs(store, recent);
  const trimmed: Promise<void>[] = [];
  const im = {
    redis,
    keys,
    store,
    logs,
    /** What is remembered of logs. */
    recent,
    /** What was reported of inboxes that refused. */
    refused,
    /** Levels of writers that were too new. */
    levels,
    users: new Users(store, logs),
    contacts: new Contacts(store),
    blocks: new Blocks(store),
    revocations: new Revocations(
      store,
      () => 0,
      () => {},
    ),
    groups: new Groups(store, logs),
    members: new Members(store),
    bans: new Bans(store),
    messages: new Messages(
      {
        store,
        sender: new Sender(store),
        admit: () => {},
        sent: () => {},
        grown: (log) => trimmed.push(im.history.trim(log)),
      },
      86_400_000,
    ),
    /** What is trimmed beside. */
    trimmed,
    history: new History(store),
    editing: new Editing(store, logs, 0),
    reactions: new Reactions(store),
    conversations: new Conversations(store),
    typing: new Typing(store),
    inbox: new Inbox(store, logs),
    logReader: new LogReader(store, logs),
    journal: new Journal(store, logs),
    consumers: new Consumers(store),
    devices: new Devices({ store, consumers: new Consumers(store), checkEndpoint: () => {} }),
    webhooks: new Webhooks(store, new Consumers(store), () => {}),
    /** Creates users. */
    people: async (...uids: string[]) => {
      for (const name of uids) await im.users.replace(uid(name), { name });
    },
    /** Creates a group of its owner and others. */
    team: async (name: string, owner: string, ...others: string[]) => {
      await im.groups.put(user(owner), gid(name), { fields: {} });
      for (const other of others) await im.members.join(user(other), gid(name), uid(other));
    },
    /** Sends a text. */
    say: (from: string, to: string, text: string) =>
      im.messages.send(uid(from), conversation(to), { fields: { text } }).then((sent) => sent.message),
    /** All of an inbox, from the oldest entry kept. */
    all: (name: string) => im.inbox.page(uid(name), OLDEST, { count: 10_000, maxBytes: Infinity }),
    close: () => redis.disconnect(),
  };
  return im;
}

export const SETTINGS: ScriptSettings = {
  inboxMax: 5_000,
  feedMax: 10_000,
  groupMax: 1_000,
  logMax: 0,
  logDays: 0,
  journalMax: 100_000,
  journalOn: false,
};

export const OLDEST: StreamId = { ms: 0n, seq: 0n };
export const uid = (name: string) => name as Uid;
export const gid = (name: string) => name as Gid;
export const conversation = (name: string) => name as Conversation;
export const user = (name: string) => ({ kind: 'user', uid: name as Uid }) as const;
export const server = { kind: 'server' } as const;
export const at = (cursor: Cursor | string) => parseStreamId(cursor)!;

/** How many scripts run by their SHA while something is done. */
export async function scriptsDuring<Done>(
  redis: Redis,
  work: () => Promise<Done>,
): Promise<{ done: Done; count: number }> {
  const before = await commandCounts(redis);
  const done = await work();
  return { done, count: (await commandCounts(redis)).evalsha! - before.evalsha! };
}

/** How often each command ran, from INFO commandstats. */
export async function commandCounts(redis: Redis): Promise<Record<string, number>> {
  const stats = await redis.info('commandstats');
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, n]) => [name, Number(n)]),
  );
}
