import type { Redis } from 'ioredis';
import type { Conversation, LogName } from '../../src/domain/conversations.ts';
import type { Uid } from '../../src/domain/names.ts';
import type { Partition } from '../../src/redis/connection/partition.ts';
import { Keys } from '../../src/redis/keys.ts';
import type { ScriptSettings } from '../../src/redis/lua.ts';
import { Store } from '../../src/redis/store.ts';
import { TEXT } from './traffic.ts';

const SETTINGS = {
  inboxMax: 5_000,
  feedMax: 10_000,
  groupMax: 10_000,
  logMax: 0,
  logDays: 0,
  journalMax: 100_000,
  journalOn: false,
};

/** A send as its script takes it; `n` is a number that no other one has. */
export function sendOf(n: number, { from, conversation, log }: { from: string; conversation: string; log: string }) {
  return {
    from: from as Uid,
    conversation: conversation as Conversation,
    log: log as LogName,
    clientMessageId: `${n}`,
    shownClientMessageId: `${n}`,
    digest: 'd',
    ttlMs: 60_000,
    replyTo: '' as const,
    attachments: [],
    silent: false,
    mentions: [],
    pairs: ['text', TEXT],
  };
}

/**
 * The service's own commands on a bare connection; a write that is refused ends the benchmark.
 *
 * @param partition what the connection leads to, where that is not one Redis
 */
export function storeOn(
  redis: Redis,
  settings: Partial<ScriptSettings> = {},
  { tag, serverId }: Pick<Partition, 'tag' | 'serverId'> = { tag: '', serverId: undefined },
): Store {
  return new Store({
    redis,
    keys: new Keys(tag),
    serverId,
    settings: { ...SETTINGS, ...settings },
    onRefusedWrites: ({ reason }) => {
      throw new Error(reason);
    },
    onNewerLevel: (level) => {
      throw new Error(`the data is of level ${level}`);
    },
  });
}
