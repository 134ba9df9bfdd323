import type { ErrorCode } from '../../../src/domain/errors.ts';
import type { DirectPolicy, HistoryPolicy, JoinPolicy, PostPolicy, Role } from '../../../src/domain/policy.ts';

/** What there is, as plain objects: what the service has to agree with. Nothing here knows of Redis. */

export type Fields = Record<string, string>;

/** What the model expects the service to refuse with. */
export class Refused extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

export function refuse(code: ErrorCode): never {
  throw new Refused(code);
}

/** What an entry says when it is written. */
export interface Said {
  from: string;
  action?: string | undefined;
  target?: Entry;
  by?: string | undefined;
  clientMessageId?: string | undefined;
  replyTo?: Entry | undefined;
  mentions?: string[] | undefined;
  fields: Fields;
}

/** A message, event or change, and what has come of it. */
export interface Entry extends Said {
  readonly log: Log;
  readonly seq: number;
  /** Who there was of the name of `from`. */
  author?: User | undefined;
  /** Known once the service has said it. */
  id: string;
  erased?: { by: string };
  edits: Entry[];
  /** The newest fields, where it was edited. */
  edited?: Fields;
  /** Who reacted, by reaction, in the order in which these came. */
  reactions: Map<string, string[]>;
  /** Everybody who ever reacted: the author was told. */
  reactors: Set<string>;
}

/** A conversation. What was erased keeps its place. */
export class Log {
  readonly name: string;
  readonly entries: Entry[] = [];
  /** How far each lets the others know that it has read: seq. */
  readonly receipts = new Map<string, number>();
  isRemoved = false;

  constructor(name: string) {
    this.name = name;
  }

  /** The seq of the newest entry; 0 if there is none. */
  get end(): number {
    return this.entries.length;
  }
}

/** An entry in somebody's inbox. One that stands there whole outlives its log. */
export interface Received {
  conversation: string;
  entry: Entry;
  isWhole: boolean;
}

export interface Settings {
  mutedUntil?: string;
  pinned?: true;
  archived?: true;
  markedUnread?: true;
}

export class User {
  readonly uid: string;
  fields: Fields;
  readonly inbox: Received[] = [];
  readonly contacts = new Set<string>();
  readonly blocks = new Set<string>();
  directPolicy: DirectPolicy = 'anyone';
  /** Log → up to which seq it is read; these are the user's conversations. */
  readonly marks = new Map<string, number>();
  readonly settings = new Map<string, Settings>();

  constructor(uid: string, fields: Fields) {
    this.uid = uid;
    this.fields = fields;
  }
}

export interface Policies {
  joinPolicy: JoinPolicy;
  postPolicy: PostPolicy;
  historyPolicy: HistoryPolicy;
}

export class Group {
  readonly gid: string;
  readonly log: Log;
  owner: string;
  fields: Fields = {};
  policies: Policies = { joinPolicy: 'open', postPolicy: 'members', historyPolicy: 'all' };
  readonly members = new Set<string>();
  readonly admins = new Set<string>();
  /** Until when, RFC 3339. */
  readonly silenced = new Map<string, string>();
  readonly bans = new Set<string>();
  readonly requests = new Set<string>();

  constructor(gid: string, owner: string, log: Log) {
    this.gid = gid;
    this.owner = owner;
    this.log = log;
  }

  /** Who is no member may not do more than a plain one. */
  roleOf(uid: string): Role {
    if (uid === this.owner) return 'owner';
    return this.admins.has(uid) ? 'admin' : 'member';
  }
}

/** A send that can be repeated, by the user and in the group that there were then. */
export interface Sent {
  user: User;
  log: Log;
  entry: Entry;
  content: string;
}

export class World {
  readonly users = new Map<string, User>();
  /** Who once was there. */
  readonly removed = new Map<string, { hasErased: boolean }>();
  readonly groups = new Map<string, Group>();
  readonly logs = new Map<string, Log>();
  /** uid → log → the seq up to which nothing is read. These outlive the user. */
  readonly floors = new Map<string, Map<string, number>>();
  readonly sends = new Map<string, Sent>();
  /** Logs with entries whose ids are not known yet. */
  readonly grown = new Set<Log>();

  floorOf(uid: string, log: string): number {
    return this.floors.get(uid)?.get(log) ?? 0;
  }

  setFloor(uid: string, log: string, seq: number): void {
    const floors = this.floors.get(uid) ?? new Map<string, number>();
    this.floors.set(uid, floors.set(log, seq));
  }

  group(gid: string): Group {
    return this.groups.get(gid) ?? refuse('group_not_found');
  }

  /** The log of that name; made where there is none. */
  log(name: string): Log {
    const log = this.logs.get(name) ?? new Log(name);
    this.logs.set(name, log);
    return log;
  }

  /** Adds an entry to a log and tells those of the recipients who are there. */
  tell(log: Log, said: Said, recipients: Iterable<string>): Entry {
    const entry = nextEntry(log, said);
    entry.author = this.users.get(said.from);
    log.entries.push(entry);
    this.grown.add(log);
    this.deliver(entry, recipients);
    return entry;
  }

  /** Erases a message, with its edits and reactions, and tells those of the recipients who are there. */
  erase(entry: Entry, by: string, recipients: Iterable<string>): void {
    this.tell(entry.log, { from: by, action: 'erase', target: entry, fields: {} }, recipients);
    for (const one of [entry, ...entry.edits]) one.erased = { by };
    entry.reactions.clear();
  }

  /** Puts an entry into inboxes, by itself or as a reference to its log. */
  deliver(entry: Entry, recipients: Iterable<string>, isWhole = false): void {
    for (const uid of new Set(recipients)) {
      const conversation = conversationOf(uid, entry.log.name);
      this.users.get(uid)?.inbox.push({ conversation, entry, isWhole });
    }
  }
}

export function isChange({ action }: Said): boolean {
  return action === 'edit' || action === 'erase';
}

/** The name of the log of a conversation as its reader names it. */
export function logName(reader: string, conversation: string): string {
  const name = nameOf(conversation);
  if (isGroup(conversation)) return `gs:${name}`;
  return reader < name ? `ds:${reader}:${name}` : `ds:${name}:${reader}`;
}

export function conversationOf(reader: string, log: string): string {
  const [kind, first, second] = log.split(':');
  if (kind === 'gs') return `group:${first}`;
  return `user:${first === reader ? second : first}`;
}

export function isGroup(conversation: string): boolean {
  return conversation.startsWith('group:');
}

/** The gid or the other's uid. */
export function nameOf(conversation: string): string {
  return conversation.slice(conversation.indexOf(':') + 1);
}

/** The next entry of a log, which is not in it yet. */
export function nextEntry(log: Log, said: Said): Entry {
  return { ...said, log, seq: log.end + 1, id: '', edits: [], reactions: new Map(), reactors: new Set() };
}
