import type { Redis } from 'ioredis';
import type { Truth } from './history.ts';
import { logOf } from './listener.ts';
import { ask } from './requests.ts';
import type { Known } from './signal-checker.ts';
import { endOf } from './stream-ids.ts';

type Entries = [id: string, flat: string[]][];

/** Reads all logs and inboxes from Redis, and asks a node for everybody's unread messages. */
export async function readTruth(redis: Redis, url: string, users: readonly string[]): Promise<Truth> {
  const truth: Truth = {
    logs: new Map(),
    inboxes: new Map(),
    ends: new Map(),
    unread: new Map(),
    ...(await readKnown(redis)),
  };
  for (const key of [...(await redis.keys('gs:*')), ...(await redis.keys('ds:*'))]) {
    const entries = (await redis.xrange(key, '-', '+')) as Entries;
    truth.logs.set(
      key,
      entries.map(([id, flat]) => ({ id, from: flat[1]!, n: Number(flat[3]), key: keyOf(flat) })),
    );
  }
  for (const uid of users) {
    truth.ends.set(uid, await inboxEnd(redis, uid));
    if (!['stream', 'none'].includes(await redis.type(`s:${uid}`))) continue;
    const entries = (await redis.xrange(`s:${uid}`, '-', '+')) as Entries;
    truth.inboxes.set(
      uid,
      entries.map(([id, flat]) => ({ id, log: flat[1]!, mid: flat[3]! })),
    );
  }
  for (const uid of users) truth.unread.set(uid, await unreadOf(url, uid));
  return truth;
}

/** What users have read, and let the others know that they have. */
export async function readKnown(redis: Redis): Promise<Known> {
  const hashes = async (prefix: string) => {
    const found = new Map<string, Map<string, string>>();
    for (const key of await redis.keys(`${prefix}*`)) {
      found.set(key.slice(prefix.length), new Map(Object.entries(await redis.hgetall(key))));
    }
    return found;
  };
  const marks = await hashes('rd:');
  for (const logs of marks.values()) for (const [log, mark] of logs) logs.set(log, mark.split(' ')[1]!);
  return { receipts: await hashes('rc:'), marks };
}

/** Where an inbox ends. */
export async function inboxEnd(redis: Redis, uid: string): Promise<string> {
  const epoch = (await redis.hget('im:meta', 'epoch')) ?? '0';
  const info = (await redis.xinfo('STREAM', `s:${uid}`).catch(() => [])) as unknown[];
  const at = info.indexOf('last-generated-id');
  return endOf(epoch, at < 0 ? '' : String(info[at + 1]));
}

async function unreadOf(url: string, uid: string): Promise<Map<string, number>> {
  const { status, body } = await ask(url, 'GET', `/v1/users/${uid}/conversations?limit=100`);
  if (status !== 200) throw new Error(`the conversations of ${uid} were answered with ${status}`);
  const { items } = body as { items: { conversation: string; unread: number }[] };
  return new Map(items.map(({ conversation, unread }) => [logOf(uid, conversation), unread]));
}

function keyOf(flat: string[]): string {
  for (let i = 4; i < flat.length; i += 2) if (flat[i] === 'k') return flat[i + 1]!;
  return '';
}
