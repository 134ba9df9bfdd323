/** What a run did and saw: all that the checker judges by. Times are ms of `performance.now()` in the test's process. */
export interface History {
  sends: Send[];
  followers: Follower[];
  /** Read marks that were answered with 200. */
  marks: Mark[];
  /** Entries of inboxes (`s:<uid> <id>`) that the test wrote itself, and when. */
  planted: Map<string, number>;
  /** Who may lack entries at the start of the inbox, which was trimmed. */
  trimmed: Set<string>;
  /** Whose inbox was broken on purpose: what is in it is not looked at. */
  broken: Set<string>;
  /** A message answered in this time may be gone: Redis has lost it, and readers are told so. */
  mayLose?: Span;
  /** Redis was surely not there: what was asked and answered within must not claim to be unknown, nor done. */
  away: Span[];
  /** How late a heartbeat may be, ms. A node that was stopped says later what it had compared before. */
  heartbeatGraceMs: number;
  /** Who lacked something when they should have had everything. */
  lacking: string[];
  /** What went wrong in other ways, such as a 500. */
  oddities: string[];
}

export interface Span {
  from: number;
  to: number;
}

/** One message that somebody wanted to send, with all attempts. Its key is in its field `k`. */
export interface Send {
  key: string;
  from: string;
  log: string;
  /** Everybody who gets it, the sender too. */
  to: readonly string[];
  attempts: Attempt[];
}

/** `failed`: surely not done (503, or nobody listened). `unknown`: 504, or no answer. */
export type Outcome = 'ok' | 'failed' | 'unknown';

export interface Attempt extends Span {
  outcome: Outcome;
  /** The message's id, as answered. */
  mid?: string;
}

export interface Mark {
  uid: string;
  log: string;
  upTo: string;
  /** When it was asked for. */
  from: number;
}

/** All that one receiver heard, over all its connections. */
export interface Follower {
  name: string;
  uid: string;
  heard: Heard[];
  /** What came without a cursor; absent where nothing of that kind comes. */
  signals?: Signal[];
  /** It was not there at the end, so that it may lack the last entries. */
  hasLeft?: boolean;
}

/** `read` or `stale`. */
export interface Signal {
  at: number;
  event: string;
  log?: string;
  uid?: string;
  upTo?: string;
}

export type Heard = { at: number } & (
  | { event: 'connect'; from: string }
  | { event: 'ready' | 'heartbeat' | 'bye'; cursor: string }
  | { event: 'gap'; cursor: string; reason: string; requested: string; resumed: string; lost?: number }
  | { event: 'message'; cursor: string; id: string; log: string; key: string }
);

/** What is in Redis at the end. */
export interface Truth {
  logs: Map<string, LogEntry[]>;
  inboxes: Map<string, InboxEntry[]>;
  /** Where each inbox ends, as a receiver who has everything would say. */
  ends: Map<string, string>;
  /** Unread messages by user, then log, as the service tells. */
  unread: Map<string, Map<string, number>>;
  /** Up to where each user lets the others know that it has read, by log. */
  receipts: Map<string, Map<string, string>>;
  /** Up to where each user has read, by user, then log. */
  marks: Map<string, Map<string, string>>;
}

export interface LogEntry {
  id: string;
  from: string;
  n: number;
  /** The send that made it; '' for a system event. */
  key: string;
}

export interface InboxEntry {
  id: string;
  log: string;
  mid: string;
}

export function newHistory(): History {
  return {
    sends: [],
    followers: [],
    marks: [],
    planted: new Map(),
    trimmed: new Set(),
    broken: new Set(),
    away: [],
    heartbeatGraceMs: 10_000,
    lacking: [],
    oddities: [],
  };
}

/** How a send came out in the end, over all its attempts. */
export function outcomeOf({ attempts }: Send): Outcome {
  if (attempts.some(({ outcome }) => outcome === 'ok')) return 'ok';
  return attempts.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'failed';
}
