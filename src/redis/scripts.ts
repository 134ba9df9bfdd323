import { readFileSync } from 'node:fs';
import type { Redis, Result } from 'ioredis';

/** What the scripts are told of the configuration; the prelude's constants. */
export interface ScriptSettings {
  keyPrefix: string;
  inboxMax: number;
  feedMax: number;
  groupMax: number;
  logMax: number;
  logDays: number;
}

/** Each script: its file in `lua/` and how many of its arguments are keys (undefined: the first argument says). */
export const SCRIPTS = {
  imInit: ['init', 1],
  imEpoch: ['epoch', 1],
  imNewest: ['newest', undefined],
  imInbox: ['inbox', 3],
  imSend: ['send', 1],
  imErase: ['erase', 1],
  imRead: ['read', 2],
  imUser: ['user', 1],
  imRemoveUser: ['remove_user', 4],
  imLink: ['link', 1],
  imGroup: ['group', 2],
  imRemoveGroup: ['remove_group', 4],
  imJoin: ['join', 3],
  imQuit: ['quit', 2],
  imRefuse: ['refuse', 2],
} as const;

/** The name of an entry's stream id and its flat list of fields and values. */
export type RawEntry = [id: string, flat: string[]];
/** A refusal: a code and what it is about. */
type Refusal = [code: string, subject: string];
/** How many inboxes refused a reference, and the first one's reason. */
type Refused = [failed: number, reason: string];

/** The scripts' replies, as their headers document them. */
export type SendReply = ['sent', mid: string, ...Refused] | ['repeated', mid: string, flat?: string[] | null] | Refusal;
export type InboxReply = ['ok', epoch: string, newest: string, entries: RawEntry[]] | ['user_not_found'];
export type ReadReply = ['read', n: string, mid: string, newest?: RawEntry | null] | Refusal;
export type UserReply = ['created' | 'changed', createdAt: string, flat: string[]] | Refusal;
export type GroupReply = ['created' | 'changed', ...[string, string, string, number, string[]], ...Refused] | Refusal;
export type TellReply = [outcome: string, detail: string, ...Refused] | [outcome: string, ...Refused] | Refusal;

declare module 'ioredis' {
  interface RedisCommander<Context> {
    imInit(meta: string, schema: string): Result<[string, string], Context>;
    imEpoch(meta: string, known: string): Result<string, Context>;
    imNewest(numberOfKeys: number, meta: string, ...streams: string[]): Result<string[], Context>;
    imInbox(meta: string, inbox: string, user: string, start: string, count: number): Result<InboxReply, Context>;
    imSend(
      idempotency: string,
      log: string,
      from: string,
      peer: string,
      shownClientMessageId: string,
      digest: string,
      ttlMs: number,
      ...flat: string[]
    ): Result<SendReply, Context>;
    imErase(logKey: string, log: string, actor: string, peer: string, mid: string): Result<TellReply, Context>;
    imRead(read: string, logKey: string, log: string, upTo: string): Result<ReadReply, Context>;
    imUser(user: string, uid: string, mode: FieldsMode, pairs: number, ...rest: string[]): Result<UserReply, Context>;
    imUser(
      user: string,
      uid: string,
      mode: 'create',
      pairs: number,
      ...rest: string[]
    ): Result<UserReply | ['exists'], Context>;
    imRemoveUser(
      user: string,
      contacts: string,
      inbox: string,
      read: string,
      uid: string,
    ): Result<['removed'] | Refusal, Context>;
    imLink(contacts: string, uid: string, peer: string): Result<TellReply, Context>;
    imGroup(
      group: string,
      members: string,
      gid: string,
      mode: FieldsMode,
      actor: string,
      owner: string,
      joinPolicy: string,
      pairs: number,
      ...rest: string[]
    ): Result<GroupReply, Context>;
    imRemoveGroup(
      group: string,
      members: string,
      logKey: string,
      requests: string,
      gid: string,
      actor: string,
    ): Result<TellReply, Context>;
    imJoin(
      group: string,
      members: string,
      requests: string,
      gid: string,
      uid: string,
      actor: string,
      mode: 'join' | 'approve',
    ): Result<TellReply, Context>;
    imQuit(group: string, members: string, gid: string, uid: string, actor: string): Result<TellReply, Context>;
    imRefuse(group: string, requests: string, gid: string, uid: string, actor: string): Result<TellReply, Context>;
  }
}

/** Whether a change of fields replaces all of them or merges into them. */
export type FieldsMode = 'replace' | 'merge';

const lua = (file: string) => readFileSync(new URL(`./lua/${file}.lua`, import.meta.url), 'utf8');

/**
 * The full text of a script: its `#!lua` line, the constants, the prelude, the script. With that line, even without
 * flags, Redis refuses the whole script before it starts when memory is full.
 */
export function scriptSource(file: string, settings: ScriptSettings): string {
  const text = lua(file);
  const hasShebang = text.startsWith('#!');
  const shebang = hasShebang ? text.slice(0, text.indexOf('\n')) : '#!lua';
  const constants = [
    `local PREFIX = ${JSON.stringify(settings.keyPrefix)}`,
    // As text where only XADD takes it: Redis prints a Lua number anew for each call.
    `local INBOX_MAX, FEED_MAX = '${settings.inboxMax}', '${settings.feedMax}'`,
    `local GROUP_MAX, LOG_MAX, LOG_DAYS = ${settings.groupMax}, ${settings.logMax}, ${settings.logDays}`,
  ].join('\n');
  return [shebang, constants, lua('prelude'), hasShebang ? text.slice(shebang.length + 1) : text].join('\n');
}

/**
 * Gives `redis` the scripts as commands (`redis.imSend(…)`): EVALSHA, and the text again where the server has lost it.
 * Each configuration and each version of a script has its own SHA, so nodes of two versions can share one Redis.
 */
export function defineScripts(redis: Redis, settings: ScriptSettings): void {
  for (const [command, [file, numberOfKeys]] of Object.entries(SCRIPTS)) {
    redis.defineCommand(command, {
      lua: scriptSource(file, settings),
      ...(numberOfKeys === undefined ? {} : { numberOfKeys }),
    });
  }
}
