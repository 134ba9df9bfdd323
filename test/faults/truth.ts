import type { Redis } from 'ioredis';
import type { Truth } from './history.ts';
import { logOf } from './listener.ts';
import { ask } from './requests.ts';
import { endOf } from './stream-ids.ts';

type Entries = [id: string, flat: string[]][];

/** Reads all logs and inboxes from Redis, and asks a node for everybody's unread messages. */
export async function readTruth(redis: Redis, url: string, users: readonly string[]): Promise<Truth> {
  const truth: Truth = {
    logs: new Map(),
    inboxes: new Map(),
    ends: new Map(),
    unread: new Map(),
    receipts: await readReceipts(redis),
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

/** Up to where each user lets the others of a log know that it has read. */
export async function readReceipts(redis: Redis): Promise<Truth['receipts']> {
  const receipts: Truth['receipts'] = new Map();
  for (const key of await redis.keys('rc:*')) {
    receipts.set(key.slice('rc:'.length), new Map(Object.entries(await redis.hgetall(key))));
  }
  return receipts;
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
