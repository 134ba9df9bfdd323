import { setTimeout as delay } from 'node:timers/promises';
import { inParallel } from '../helpers/parallel.ts';
import { conversationOf } from './changes.ts';
import type { Data } from './deployment.ts';
import type { LogEntry, Shown, ToldConversation, Truth } from './history.ts';
import { logOf } from './listener.ts';
import { ask, type Endpoint } from './requests.ts';
import type { Known } from './signal-checker.ts';
import { endOf } from './stream-ids.ts';

type Entries = [id: string, flat: string[]][];

/** How much of a history is read at once, and how often: longer ones are read at both ends. */
const PAGE = 50;
const PAGES = 10;
/** How many readers ask at the same time. */
const READERS = 6;
/** Longer texts are told apart by their beginning and their length. */
const TOLD_TEXT = 64;

/** Reads all logs and inboxes from Redis, and asks the nodes what they show of them to everybody. */
export async function readTruth(data: Data, endpoints: readonly Endpoint[], users: readonly string[]): Promise<Truth> {
  const { redis, prefix } = data;
  const truth: Truth = {
    logs: new Map(),
    inboxes: new Map(),
    ends: new Map(),
    unread: new Map(),
    kept: new Map(),
    told: new Map(),
    ...(await readKnown(data)),
  };
  for (const key of [...(await redis.keys(`${prefix}gs:*`)), ...(await redis.keys(`${prefix}ds:*`))]) {
    const log = key.slice(prefix.length);
    truth.logs.set(log, await readLog(data, log));
    truth.kept.set(log, new Map(Object.entries(await redis.hgetall(`${prefix}ms:${log}`))));
  }
  for (const uid of users) {
    truth.ends.set(uid, await inboxEnd(data, uid));
    const inbox = `${prefix}s:${uid}`;
    if (!['stream', 'none'].includes(await redis.type(inbox))) continue;
    const entries = (await redis.xrange(inbox, '-', '+')) as Entries;
    truth.inboxes.set(
      uid,
      entries.map(([id, flat]) => {
        const [, log, , mid, , from, , , , action, , target] = flat as [string, string, string, string, ...string[]];
        return { id, log, mid, ...(action === 'react' ? { reacted: { from: from!, target: target! } } : {}) };
      }),
    );
  }
  await inParallel(users, READERS, async (uid) => {
    const [listed, unread] = await conversationsOf(endpoints.at(-1)!, uid);
    truth.unread.set(uid, unread);
    const told = new Map<string, ToldConversation>();
    truth.told.set(uid, told);
    for (const [log, last] of listed) {
      const endpoint = endpoints[told.size % endpoints.length]!;
      const path = `/v1/users/${uid}/conversations/${conversationOf(uid, log)}/messages`;
      const [back, isWhole] = await historyOf(endpoint, path, 'before');
      const [on] = await historyOf(endpoint, path, 'after');
      told.set(log, { back, on, isWhole, ...(last ? { last } : {}) });
    }
  });
  return truth;
}

/** A log, with what stands in place of erased messages, in the order of their numbers. */
async function readLog({ redis, prefix }: Data, log: string): Promise<LogEntry[]> {
  const entries = ((await redis.xrange(`${prefix}${log}`, '-', '+')) as Entries).map(([id, flat]) => entryOf(id, flat));
  const erased = (await redis.zrange(`${prefix}er:${log}`, '0', '-1')).map((tombstone) => {
    const [id, n, from, by, erasedAt] = tombstone.split(' ') as [string, string, string, string, string];
    return { id, n: Number(n), from, key: '', fields: {}, erasedAt, ...(by === from ? {} : { by }) };
  });
  const seqOf = ({ id }: LogEntry) => Number(id.slice(id.indexOf('-') + 1));
  return [...entries, ...erased].toSorted((a, b) => seqOf(a) - seqOf(b));
}

/** An entry as docs/keys.md describes it. */
function entryOf(id: string, flat: string[]): LogEntry {
  const own: Partial<Record<string, string>> = {};
  let at = 0;
  for (const name of ['uid', 'n', 'action', 'target', 'last', 'by', 'cid', 'reply', 'mentions']) {
    if (flat[at] !== name) continue;
    own[name] = flat[at + 1]!;
    at += 2;
  }
  const { uid, n, action, target, by, cid, reply } = own;
  const fields: Record<string, string> = {};
  for (; at < flat.length; at += 2) fields[flat[at]!] = short(flat[at + 1]!);
  return {
    id,
    from: uid!,
    n: Number(n),
    key: action === undefined ? (fields.k ?? '') : '',
    fields,
    ...(action === undefined ? {} : { action }),
    ...(target === undefined ? {} : { target }),
    ...(by === undefined ? {} : { by }),
    ...(cid === undefined ? {} : { cid }),
    ...(reply === undefined ? {} : { reply }),
  };
}

/** What users have read, and let the others know that they have. */
export async function readKnown({ redis, prefix }: Data): Promise<Known> {
  const hashes = async (kind: string) => {
    const found = new Map<string, Map<string, string>>();
    for (const key of await redis.keys(`${prefix}${kind}*`)) {
      found.set(key.slice(prefix.length + kind.length), new Map(Object.entries(await redis.hgetall(key))));
    }
    return found;
  };
  const marks = await hashes('rd:');
  for (const logs of marks.values()) for (const [log, mark] of logs) logs.set(log, mark.split(' ')[1]!);
  return { receipts: await hashes('rc:'), marks };
}

/** Where an inbox ends. */
export async function inboxEnd({ redis, prefix }: Data, uid: string): Promise<string> {
  const epoch = (await redis.hget(`${prefix}im:meta`, 'epoch')) ?? '0';
  const info = (await redis.xinfo('STREAM', `${prefix}s:${uid}`).catch(() => [])) as unknown[];
  const at = info.indexOf('last-generated-id');
  return endOf(epoch, at < 0 ? '' : String(info[at + 1]));
}

/** A user's conversations with their newest messages, and what is unread in each. */
async function conversationsOf(
  endpoint: Endpoint,
  uid: string,
): Promise<[last: Map<string, Shown | undefined>, unread: Map<string, number>]> {
  const { items } = await get<{ conversation: string; unread: number; last?: Shown }>(
    endpoint,
    `/v1/users/${uid}/conversations?limit=100`,
  );
  const named = items.map(({ conversation, ...one }) => ({ ...one, log: logOf(uid, conversation) }));
  return [
    new Map(named.map(({ log, last }) => [log, last && seen(last)])),
    new Map(named.map(({ log, unread }) => [log, unread])),
  ];
}

/** A history in one direction, page by page, the oldest message first; and whether it is all of it. */
async function historyOf(endpoint: Endpoint, path: string, direction: 'before' | 'after'): Promise<[Shown[], boolean]> {
  const pages: Shown[][] = [];
  let next: string | undefined = direction === 'after' ? '0-0' : undefined;
  do {
    const page: Page<Shown> = await get(endpoint, `${path}?limit=${PAGE}${next ? `&${direction}=${next}` : ''}`);
    pages.push(page.items.map(seen));
    next = page.next;
  } while (next && pages.length < PAGES);
  return [(direction === 'after' ? pages : pages.toReversed()).flat(), next === undefined];
}

interface Page<Item> {
  items: Item[];
  next?: string;
}

/** How often a page is asked for while the service says that it is not there yet, and how long to wait then, ms. */
const ATTEMPTS = 40;
const AGAIN_MS = 500;

/** A node that has just come up on a busy machine may say for a few seconds that it is overloaded. */
async function get<Item>(endpoint: Endpoint, path: string): Promise<Page<Item>> {
  let { status, body } = await ask(endpoint, 'GET', path);
  for (let attempt = 1; status === 503 && attempt < ATTEMPTS; attempt++) {
    await delay(AGAIN_MS);
    ({ status, body } = await ask(endpoint, 'GET', path));
  }
  if (status !== 200) throw new Error(`GET ${path} was answered with ${status}: ${JSON.stringify(body)}`);
  return body as Page<Item>;
}

/** What the checker compares of a message that the service shows. */
function seen(message: Shown & { conversation?: string; sentAt?: string }): Shown {
  const { conversation, sentAt, fields, ...rest } = message;
  return { ...rest, fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, short(value)])) };
}

function short(text: string): string {
  return text.length <= TOLD_TEXT ? text : `${text.slice(0, TOLD_TEXT)}… (${text.length})`;
}
