import type { Violation } from './checker.ts';

/** What a run did and saw: all that the checker judges by. Times are ms of `performance.now()` in the test's process. */
export interface History {
  sends: Send[];
  /** What was changed of messages, in the order in which it was asked for. */
  changes: Change[];
  /** Messages (`<log> <mid>`) that were found missing by who wanted to reply to them. */
  missed: string[];
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
  /** What was found wrong of what stands beside the requests, such as webhooks. */
  beside: Violation[];
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
  /** The id of the message that it replies to. */
  replyTo?: string;
  attempts: Attempt[];
}

/** `failed`: surely not done (503, or nobody listened). `unknown`: 504, or no answer. */
export type Outcome = 'ok' | 'failed' | 'unknown';

export interface Attempt extends Span {
  outcome: Outcome;
  /** The message's id, as answered. */
  mid?: string;
}

/** One change of a message (`log`, `mid`) that somebody wanted to make, with all attempts. */
export interface Change {
  kind: 'edit' | 'erase' | 'react' | 'unreact';
  actor: string;
  log: string;
  mid: string;
  /** The new field `text`, or the reaction; '' where it is erased. */
  value: string;
  /** `refused`: the message is not there, or not any more. */
  attempts: (Span & { outcome: Outcome | 'refused' })[];
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
  /** What is kept beside each log: `ms:<log>`. */
  kept: Map<string, Map<string, string>>;
  /** What the service tells of each conversation, by user, then log. */
  told: Map<string, Map<string, ToldConversation>>;
}

/** A conversation as the service shows it. */
export interface ToldConversation {
  /** Read from the end back: the newest messages. */
  back: Shown[];
  /** Read from the beginning on: the oldest ones. */
  on: Shown[];
  /** Whether each of them is all of it. */
  isWhole: boolean;
  last?: Shown;
}

/** A message as a history shows it, without its conversation. */
export interface Shown {
  id: string;
  from: string;
  action?: string;
  by?: string;
  fields: Record<string, string>;
  clientMessageId?: string;
  replyTo?: string;
  replyCount?: number;
  editedAt?: string;
  erasedAt?: string;
  reactions?: { reaction: string; count: number; mine: boolean }[];
}

export interface LogEntry {
  id: string;
  from: string;
  n: number;
  /** The send that made it; '' for a system event, a change and what was erased. */
  key: string;
  /** Of a system event, and of a change. */
  action?: string;
  /** The message that a change is of. */
  target?: string;
  by?: string;
  cid?: string;
  reply?: string;
  fields: Record<string, string>;
  /** It is not in the log any more: this is what `er:<log>` has of it. When it was erased, ms. */
  erasedAt?: string;
}

export interface InboxEntry {
  id: string;
  log: string;
  mid: string;
  /** Of a `react` event, which is in no log: the message that somebody (`from`) has reacted to. */
  reacted?: { from: string; target: string };
}

export function newHistory(): History {
  return {
    sends: [],
    changes: [],
    missed: [],
    followers: [],
    marks: [],
    planted: new Map(),
    trimmed: new Set(),
    broken: new Set(),
    away: [],
    heartbeatGraceMs: 10_000,
    lacking: [],
    beside: [],
    oddities: [],
  };
}

/** How a send came out in the end, over all its attempts. */
export function outcomeOf({ attempts }: Send): Outcome {
  if (attempts.some(({ outcome }) => outcome === 'ok')) return 'ok';
  return attempts.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'failed';
}
