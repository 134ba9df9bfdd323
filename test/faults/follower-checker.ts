import type { Blame } from './checker.ts';
import type { Follower, Heard, History, InboxEntry, Truth } from './history.ts';
import { epochOf, isNext, numberOf } from './stream-ids.ts';

/**
 * What one receiver heard, event by event: it has to be its inbox, from where it began to the end, without anything
 * missing that no gap told of.
 */
export function judgeFollower(
  { name, uid, heard, hasLeft }: Follower,
  history: History,
  truth: Truth,
  blame: Blame,
): void {
  const inbox = new Map((truth.inboxes.get(uid) ?? []).map((entry) => [entry.id, entry]));
  const oldest = truth.inboxes.get(uid)?.[0];
  const isBroken = history.broken.has(uid);
  const keys = history.mayLose ? new Map<string, string>() : keysOf(truth);
  const seen = new Set<string>();
  let position: string | undefined;
  /** It was told something that Redis has lost since, and has not been told so yet. */
  let outdated: string | undefined;

  for (const event of heard) {
    switch (event.event) {
      case 'connect':
        if (position === undefined && event.from !== '$') position = event.from === '0' ? '0-0' : event.from;
        break;
      case 'gap':
        if (event.requested !== position) blame('gap', `${name} was at ${position}; a gap says ${event.requested}`);
        checkLost(name, event, blame);
        if (event.reason === 'reset') {
          outdated = undefined;
          if (position === undefined || numberOf(event.resumed) < numberOf(position)) seen.clear();
        }
        position = event.resumed;
        break;
      case 'message': {
        if (position !== undefined && position !== '0-0' && !isNext(event.cursor, position))
          blame('gap', `${name} was at ${position} and got ${event.cursor}, and no gap was told`);
        position = event.cursor;
        const isPlanted = history.planted.has(`s:${uid} ${event.cursor}`);
        // Reactions are in no log: two of one moment have one id.
        const what = event.id.endsWith('-0') ? event.cursor : `${event.log} ${event.id}`;
        if (seen.has(what) && !isPlanted && !isBroken) blame('doubled', `${name} got ${what} twice`);
        if (!isPlanted) seen.add(what);
        if (isBroken) break;
        const key = keys.get(`${event.log} ${event.id}`) ?? '';
        if (key !== '' && event.key !== '' && key !== event.key)
          blame('phantom', `${name} got ${what} as ${event.key}, the log has ${key}`);
        if (agrees(event, inbox.get(event.cursor))) break;
        // Between the return of Redis and the new epoch, ids are given out again: the reset comes after those.
        if (history.mayLose) outdated = event.cursor;
        else if (inbox.has(event.cursor))
          blame('phantom', `${name} got ${what} as ${event.cursor}, the inbox has another`);
        else if (!history.trimmed.has(uid) || (oldest && numberOf(oldest.id) < numberOf(event.cursor)))
          blame('phantom', `${name} got ${event.cursor}, which the inbox does not have`);
        break;
      }
      default:
        // A new stream begins where the last one ended; a heartbeat and a farewell change nothing.
        if (position !== undefined && position !== '0-0' && event.cursor !== position)
          blame('gap', `${name} was at ${position}, and ${event.event} says ${event.cursor}`);
        position = event.cursor;
    }
  }
  if (isBroken || hasLeft || position === undefined) return;
  if (outdated !== undefined) blame('gap', `${name} was never told that ${outdated} was lost`);
  if (position === truth.ends.get(uid)) return;
  const missing = [...inbox.keys()].filter((id) => numberOf(id) > numberOf(position));
  for (const id of missing) blame('lost', `${name} never got ${id} of s:${uid}`);
  const newest = [...inbox.keys()].at(-1);
  if (missing.length === 0 && newest !== undefined && position !== newest)
    blame('gap', `${name} ended at ${position}, the inbox at ${newest}`);
}

/** The key of each message, by its log and id. */
function keysOf({ logs }: Truth): Map<string, string> {
  return new Map([...logs].flatMap(([log, entries]) => entries.map(({ id, key }) => [`${log} ${id}`, key])));
}

function agrees(heard: { id: string; log: string }, entry: InboxEntry | undefined): boolean {
  return entry !== undefined && entry.mid === heard.id && entry.log === heard.log;
}

/** A gap within an epoch tells exactly how many entries are missing. */
function checkLost(name: string, gap: Extract<Heard, { event: 'gap' }>, blame: Blame): void {
  const { reason, requested, resumed, lost } = gap;
  if (gap.cursor !== resumed) blame('gap', `${name} got a gap with the id ${gap.cursor} that resumes at ${resumed}`);
  if (reason !== 'trimmed' || epochOf(requested) !== epochOf(resumed)) return;
  const distance = numberOf(resumed) - numberOf(requested);
  if (BigInt(lost ?? -1) !== distance) blame('gap', `${name} was told that ${lost} are lost; it were ${distance}`);
}
