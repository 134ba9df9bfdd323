import type { Redis } from 'ioredis';
import type { Conversation, Cursor, Gid, Uid } from '../../src/ids.ts';
import { parseStreamId, type StreamId } from '../../src/ids.ts';
import { Contacts } from '../../src/im/contacts.ts';
import { Conversations } from '../../src/im/conversations.ts';
import { Groups } from '../../src/im/groups.ts';
import { Inbox } from '../../src/im/inbox.ts';
import { Logs } from '../../src/im/logs.ts';
import { Members } from '../../src/im/members.ts';
import { Messages } from '../../src/im/messages.ts';
import { Users } from '../../src/im/users.ts';
import { connectCommands } from '../../src/redis/connect.ts';
import { Keys } from '../../src/redis/keys.ts';
import { defineScripts, type ScriptSettings } from '../../src/redis/scripts.ts';
import { randomPrefix, type TestRedis } from './redis.ts';

export const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** The IM rules on a real Redis, without HTTP, under a key prefix of their own. */
export async function startIm(server: TestRedis, settings: Partial<ScriptSettings> = {}) {
  const keys = new Keys(randomPrefix());
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  defineScripts(redis, { ...SETTINGS, keyPrefix: keys.prefix, ...settings });
  await redis.imInit(keys.meta(), '1');
  const refused: string[] = [];
  const context = {
    redis,
    keys,
    inboxesRefused: (_count: number, reason: string) => refused.push(reason),
    sent: () => {},
  };
  const logs = new Logs(redis, keys);
  const im = {
    redis,
    keys,
    logs,
    /** What was reported of inboxes that refused. */
    refused,
    users: new Users(context),
    contacts: new Contacts(context),
    groups: new Groups(context, logs),
    members: new Members(context),
    messages: new Messages(context, logs, 86_400_000),
    conversations: new Conversations(context, logs),
    inbox: new Inbox(context, logs),
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

export const SETTINGS: Omit<ScriptSettings, 'keyPrefix'> = {
  inboxMax: 5_000,
  feedMax: 10_000,
  groupMax: 1_000,
  logMax: 0,
  logDays: 0,
};

export const OLDEST: StreamId = { ms: 0n, seq: 0n };
export const uid = (name: string) => name as Uid;
export const gid = (name: string) => name as Gid;
export const conversation = (name: string) => name as Conversation;
export const user = (name: string) => ({ kind: 'user', uid: name as Uid }) as const;
export const server = { kind: 'server' } as const;
export const at = (cursor: Cursor | string) => parseStreamId(cursor)!;

/** How often each command ran, from INFO commandstats. */
export async function commandCounts(redis: Redis): Promise<Record<string, number>> {
  const stats = await redis.info('commandstats');
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, n]) => [name, Number(n)]),
  );
}
