import { checkChanges } from './change-checker.ts';
import { judgeFollower } from './follower-checker.ts';
import type { History, LogEntry, Send, Truth } from './history.ts';
import { outcomeOf } from './history.ts';
import { missingSignals } from './signal-checker.ts';
import { epochOf, isNext, numberOf } from './stream-ids.ts';

export type Kind =
  | 'lost'
  | 'doubled'
  | 'phantom'
  | 'order'
  | 'hole'
  | 'gap'
  | 'heartbeat'
  | 'unread'
  | 'edit'
  | 'erasure'
  | 'reaction'
  | 'history'
  | 'last'
  | 'answer'
  | 'signal'
  | 'odd';

/** Something that the service has promised and not kept. */
export interface Violation {
  kind: Kind;
  detail: string;
}

export interface Verdict {
  violations: Violation[];
  /** How many messages were answered as stored. */
  stored: number;
  /** How many of them are gone, where that was allowed and told. */
  excused: number;
  /** How many changes of messages were answered as done. */
  changed: number;
}

/** Compares what was answered and heard with what is in Redis. */
export function check(history: History, found: Truth): Verdict {
  const truth = { ...found, logs: withKeysOfErased(history, found) };
  const violations: Violation[] = [
    ...history.oddities.map((detail) => ({ kind: 'odd' as const, detail })),
    ...history.lacking.map((detail) => ({ kind: 'lost' as const, detail })),
    ...history.beside,
  ];
  const blame = (kind: Kind, detail: string) => void violations.push({ kind, detail });
  const sends = new Map(history.sends.map((send) => [send.key, send]));
  checkAnswers(history, blame);
  const excused = checkLogs(history, truth, sends, blame);
  checkInboxes(history, truth, sends, blame);
  checkUnread(history, truth, blame);
  checkChanges(history, truth, blame);
  for (const follower of history.followers) judgeFollower(follower, history, truth, blame);
  checkHeartbeats(history, truth, blame);
  for (const detail of missingSignals(history, truth)) blame('signal', detail);
  const stored = history.sends.filter((send) => outcomeOf(send) === 'ok').length;
  const changed = history.changes.filter(({ attempts }) => attempts.some(({ outcome }) => outcome === 'ok')).length;
  return { violations, stored, excused, changed };
}

/** The logs, with the keys of the messages that were erased: what stands in their place does not have them. */
function withKeysOfErased({ sends }: History, { logs }: Truth): Truth['logs'] {
  const keys = new Map(sends.flatMap(({ log, key, attempts }) => attempts.map(({ mid }) => [`${log} ${mid}`, key])));
  const named = (log: string) => (entry: LogEntry) =>
    entry.erasedAt === undefined ? entry : { ...entry, key: keys.get(`${log} ${entry.id}`) ?? `(erased ${entry.id})` };
  return new Map([...logs].map(([log, entries]) => [log, entries.map(named(log))]));
}

/** The numbers that a log lacks. */
function missingNumbers(entries: readonly LogEntry[]): bigint[] {
  const numbers = entries.map(({ id }) => BigInt(id.split('-')[1]!));
  return numbers.flatMap((number, i) => {
    const before = numbers[i - 1] ?? 0n;
    return Array.from({ length: Math.max(0, Number(number - before - 1n)) }, (_, k) => before + 1n + BigInt(k));
  });
}

/** How many edits went with the messages of a log that were erased, at most. */
function editsErased({ changes }: History, log: string, entries: readonly LogEntry[]): number {
  const erased = new Set(entries.flatMap(({ id, erasedAt }) => (erasedAt === undefined ? [] : id)));
  const edits = changes.filter((change) => change.kind === 'edit' && change.log === log && erased.has(change.mid));
  // One that was answered is one entry. One that was not may have been done later, when others had been meanwhile.
  const mayBeDone = edits.flatMap(({ attempts }) => attempts.filter(({ outcome }) => outcome === 'unknown'));
  return edits.filter(({ attempts }) => attempts.some(({ outcome }) => outcome === 'ok')).length + mayBeDone.length;
}

export type Blame = (kind: Kind, detail: string) => void;

/** What was answered, by itself: one message has one id, and Redis that is away neither does nor may have done. */
function checkAnswers({ sends, away }: History, blame: Blame): void {
  for (const { key, attempts } of sends) {
    const mids = new Set(attempts.flatMap(({ mid }) => mid ?? []));
    if (mids.size > 1) blame('doubled', `${key} was answered with ${[...mids].join(' and ')}`);
    for (const { outcome, from, to } of attempts) {
      if (outcome !== 'failed' && away.some((span) => from > span.from && to < span.to))
        blame('answer', `${key} was answered as ${outcome} while Redis was away`);
    }
  }
}

/** Each log holds what was stored, once, and nothing else, numbered without a hole. Returns how many losses are excused. */
function checkLogs(history: History, { logs }: Truth, sends: Map<string, Send>, blame: Blame): number {
  const places = new Map<string, string[]>();
  for (const [log, entries] of logs) {
    let previous = '0-0';
    let n = 0;
    const missing = missingNumbers(entries);
    if (missing.length > editsErased(history, log, entries))
      blame('hole', `${log} lacks the numbers ${missing.join(' ')}`);
    for (const { id, key, n: number } of entries) {
      if (BigInt(id.split('-')[1]!) <= BigInt(previous.split('-')[1]!))
        blame('order', `${log} has ${id} after ${previous}`);
      if (BigInt(epochOf(id)) < BigInt(epochOf(previous))) blame('order', `${log} has ${id} after ${previous}`);
      if (key !== '') n++;
      if (number !== n) blame('hole', `${log} ${id} is number ${number}, not ${n}`);
      previous = id;
      n = number;
      if (key === '') continue;
      places.set(key, [...(places.get(key) ?? []), `${log} ${id}`]);
      const send = sends.get(key);
      if (!send || send.log !== log) blame('phantom', `nobody has sent ${key}, which is in ${log}`);
      else if (outcomeOf(send) === 'failed')
        blame('phantom', `${key} is in ${log}, and its sender was told that it failed`);
    }
  }
  for (const [key, found] of places) if (found.length > 1) blame('doubled', `${key} is stored as ${found.join(', ')}`);

  let excused = 0;
  for (const send of history.sends) {
    const answered = send.attempts.find(({ outcome }) => outcome === 'ok');
    if (!answered) continue;
    const expected = `${send.log} ${answered.mid}`;
    if (places.get(send.key)?.includes(expected)) continue;
    if (history.mayLose && answered.to >= history.mayLose.from && answered.from <= history.mayLose.to) excused++;
    else blame('lost', `${send.key} was answered as ${expected} and is not there`);
  }
  return excused;
}

/** Each recipient's inbox has each message of each of its logs once, in the log's order, under ids without holes. */
function checkInboxes(history: History, { logs, inboxes }: Truth, sends: Map<string, Send>, blame: Blame): void {
  const expected = new Map<string, string[]>();
  /** Numbers of edits that were erased: only the inboxes still know them. */
  const erased = new Set<string>();
  for (const [log, entries] of logs) {
    const missing = missingNumbers(entries);
    if (missing.length <= editsErased(history, log, entries)) for (const seq of missing) erased.add(`${log} ${seq}`);
    const keys = new Map(entries.map(({ id, key }) => [id, key]));
    for (const { id, key, target } of entries) {
      const of = target === undefined ? key : keys.get(target);
      if (!of) continue;
      for (const uid of sends.get(of)?.to ?? []) {
        const inbox = `${uid} ${log}`;
        const list = expected.get(inbox);
        if (list) list.push(id);
        else expected.set(inbox, [id]);
      }
    }
  }
  const keyOf = new Map<string, string>();
  for (const [log, entries] of logs)
    for (const { id, key, target } of entries) keyOf.set(`${log} ${id}`, target ?? key);

  const found = new Map<string, string[]>();
  for (const [uid, entries] of inboxes) {
    if (history.broken.has(uid)) continue;
    let previous: string | undefined;
    for (const { id, log, mid, reacted } of entries) {
      const isPlanted = history.planted.has(`s:${uid} ${id}`);
      if (previous !== undefined && !isPlanted && !isNext(id, previous)) {
        if (epochOf(id) === epochOf(previous) || !id.endsWith('-0'))
          blame('hole', `s:${uid} has ${id} after ${previous}`);
        if (numberOf(id) < numberOf(previous)) blame('order', `s:${uid} has ${id} after ${previous}`);
      }
      if (previous === undefined && !id.endsWith('-0') && !isPlanted && !history.trimmed.has(uid))
        blame('hole', `s:${uid} begins with ${id}`);
      previous = id;
      if (isPlanted || reacted || keyOf.get(`${log} ${mid}`) === '') continue;
      if (erased.has(`${log} ${mid.split('-')[1]}`)) continue;
      const of = `${uid} ${log}`;
      const list = found.get(of);
      if (list) list.push(mid);
      else found.set(of, [mid]);
    }
  }
  for (const of of new Set([...expected.keys(), ...found.keys()])) {
    const [uid] = of.split(' ') as [string];
    if (history.broken.has(uid)) continue;
    compare(`the inbox of ${of}`, expected.get(of) ?? [], found.get(of) ?? [], history.trimmed.has(uid), blame);
  }
}

/** Two lists of ids that have to be equal; `mayLackStart`: the second one may begin later. */
function compare(what: string, expected: string[], found: string[], mayLackStart: boolean, blame: Blame): void {
  const from = mayLackStart ? Math.max(0, expected.length - found.length) : 0;
  const wanted = expected.slice(from);
  if (wanted.length === found.length && wanted.every((id, i) => id === found[i])) return;
  const isWanted = new Set(expected);
  const seen = new Set<string>();
  let last: string | undefined;
  for (const id of found) {
    if (!isWanted.has(id)) blame('phantom', `${what} has ${id}, which is not in the log`);
    if (seen.has(id)) blame('doubled', `${what} has ${id} twice`);
    else if (last !== undefined && numberOf(id) < numberOf(last)) blame('order', `${what} has ${id} after ${last}`);
    seen.add(id);
    last = id;
  }
  for (const id of wanted) if (!seen.has(id)) blame('lost', `${what} lacks ${id}`);
}

/** Unread is what came after one's own last message, or after the read mark if that is later, and was not erased. */
function checkUnread(history: History, { logs, unread }: Truth, blame: Blame): void {
  for (const [uid, conversations] of unread) {
    for (const [log, told] of conversations) {
      const marks = history.marks.filter((mark) => mark.uid === uid && mark.log === log);
      let expected = 0;
      for (const { id, from, key, erasedAt } of logs.get(log) ?? []) {
        if (key !== '' && from === uid) expected = 0;
        else if (key !== '' && erasedAt === undefined) expected++;
        if (marks.some(({ upTo }) => upTo === id)) expected = 0;
      }
      if (told !== expected) blame('unread', `${uid} has ${expected} unread messages in ${log}, and is told ${told}`);
    }
  }
}

/** A heartbeat says that the receiver has everything: nothing that was answered well before may be missing then. */
function checkHeartbeats(history: History, { inboxes }: Truth, blame: Blame): void {
  const answeredAt = new Map<string, number>();
  for (const { log, attempts } of history.sends) {
    for (const { outcome, mid, to } of attempts) if (outcome === 'ok') answeredAt.set(`${log} ${mid}`, to);
  }
  for (const { name, uid, heard } of history.followers) {
    if (history.broken.has(uid)) continue;
    const entries = (inboxes.get(uid) ?? []).map(({ id, log, mid }) => ({
      id: numberOf(id),
      since: history.planted.get(`s:${uid} ${id}`) ?? answeredAt.get(`${log} ${mid}`) ?? Number.POSITIVE_INFINITY,
    }));
    const late = heard.find((beat) => {
      if (beat.event !== 'heartbeat') return false;
      const has = numberOf(beat.cursor);
      return entries.some(({ id, since }) => id > has && since + history.heartbeatGraceMs < beat.at);
    });
    if (late?.event === 'heartbeat')
      blame('heartbeat', `${name} got one at ${late.cursor}, and lacked what came after`);
  }
}
