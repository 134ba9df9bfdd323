import type { LogName } from '../domain/conversations.ts';
import type { LogEntry } from '../domain/entries.ts';
import type { Uid } from '../domain/names.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { MessageId } from '../domain/stream-ids.ts';
import type { Keys } from '../redis/keys.ts';
import type { Logger } from '../redis/logger.ts';
import type { FeedEntry, TokensEnd } from './feed-entry.ts';
import type { Hub } from './hub.ts';
import type { Listener } from './listener.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { PresenceKeeper } from './presence.ts';
import type { SignalEntry } from './signal-entry.ts';
import type { SpaceListeners } from './space-listeners.ts';

/** Names one message: its log, and its id in it. */
interface MessageRef {
  log: LogName;
  id: MessageId;
}

/** Where messages of a space are that are too large for the feed, and what this node remembers of messages. */
export interface MessageMemory {
  /** The messages that `refs` name, in their order; undefined where one is gone. */
  hydrate(refs: readonly MessageRef[]): Promise<(LogEntry | undefined)[]>;
  forget(ref: MessageRef): void;
  forgetLog(log: LogName): void;
}

/** What this node knows of tokens of a space that are refused. */
export interface RevocationMemory {
  /** Tokens of this user that were issued up to a moment are refused, s since 1970. */
  add(uid: Uid, until: number, why: TokensEnd): void;
  /** This user is not suspended any more. */
  lifted(uid: Uid): void;
}

/** What this node remembers, by space. */
export interface Memory {
  /** @param partition that has the space's keys */
  messagesOf(space: SpaceName, partition: string): MessageMemory;
  /** Undefined where nothing of the kind is remembered: then it is read when it is first asked for. */
  revocationsOf(space: SpaceName): RevocationMemory | undefined;
  /** What is set up for a space was changed, or the space is gone. */
  spaceChanged(space: SpaceName): void;
  /** Entries of a partition's feed may have been missed: what was to be known from them is forgotten, and read again. */
  missed(partition: string): void;
}

export interface DispatcherOptions {
  hub: Hub;
  /** Of the partition's default space. */
  keys: Keys;
  /** The partition's name. */
  partition: string;
  memory: Memory;
  presence: PresenceKeeper;
  metrics: DeliveryMetrics;
  log: Logger;
}

/** Does what the feed says: forgets what was erased, sends away who was removed, and offers messages to who listens. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  /** Of the spaces that have listeners here. */
  readonly #keys = new WeakMap<SpaceListeners, Keys>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * Takes entries of the feed, in order. The next ones may come when this resolves.
   * @throws what Redis throws; nothing was offered then, and everybody has to read
   */
  async dispatch(batch: readonly FeedEntry[]): Promise<void> {
    for (const entry of batch) this.#remember(entry);
    const large = batch.filter((entry) => !entry.hasMessage && this.#isAwaited(entry));
    if (large.length > 0) await this.#hydrate(large);
    const offered = large.length === 0 ? batch : batch.filter((entry) => entry.hasMessage || large.includes(entry));
    const touched = new Set<Listener>();
    for (const entry of offered) this.#offer(entry, touched);
    this.#ring(batch);
    for (const listener of touched) listener.flush();
  }

  /** Takes signals, in order. */
  signal(batch: readonly SignalEntry[]): void {
    const touched = new Set<Listener>();
    for (const entry of batch) {
      if (entry.present !== undefined) this.#options.presence.told(entry.space, entry.present);
      const here = this.#options.hub.in(entry.space);
      if (!here || !entry.isKnown) continue;
      const keys = this.#keysOf(entry.space, here);
      for (const uid of entry.recipients) {
        if (!here.hasReader(uid)) continue;
        for (const listener of signalled(here, keys, uid, entry.log)) {
          listener.signal(entry.kind, entry.jsonFor(uid));
          touched.add(listener);
        }
      }
    }
    for (const listener of touched) listener.flush();
  }

  /** Signals may have been missed: nothing else has them, so that everybody is told. */
  signalsMissed(reason: string): void {
    const { hub, log, presence, partition, keys } = this.#options;
    const details = { reason, subscribers: hub.subscribers.size, ...(partition ? { partition } : {}) };
    log.info(details, 'subscribers are told that signals may have been missed');
    hub.signalsMissed(keys.partition);
    presence.missed(partition);
  }

  /** Entries of the feed may have been missed: what was to be known from them is read. */
  missed(reason: string): void {
    const { hub, log, memory, partition, keys } = this.#options;
    const details = { reason, subscribers: hub.subscribers.size, ...(partition ? { partition } : {}) };
    log.warn(details, 'subscribers read their streams');
    memory.missed(partition);
    hub.everybodyBehind(keys.partition);
  }

  /** Whatever happens in a space may be in its journal, which those who follow it read then. */
  #ring(batch: readonly FeedEntry[]): void {
    for (const space of new Set(batch.map((entry) => entry.space))) {
      const here = this.#options.hub.in(space);
      const followers = here && this.#options.hub.listenersOf(this.#keysOf(space, here).journal());
      for (const follower of followers ?? []) follower.behind();
    }
  }

  #remember(entry: FeedEntry): void {
    const { hub, memory, partition } = this.#options;
    const { space, log, action, revoked, lifted, changedSpace } = entry;
    if (revoked) {
      memory.revocationsOf(space)?.add(revoked.uid, revoked.until, revoked.why);
      hub.tokensEnded(space, revoked.uid, revoked.why);
    }
    if (lifted) memory.revocationsOf(space)?.lifted(lifted);
    if (changedSpace) memory.spaceChanged(changedSpace);
    if (action === 'erase') memory.messagesOf(space, partition).forget({ log, id: entry.message!.target! });
    else if (action === 'delete') memory.messagesOf(space, partition).forgetLog(log);
  }

  async #hydrate(large: readonly FeedEntry[]): Promise<void> {
    const { memory, partition } = this.#options;
    for (const space of new Set(large.map((entry) => entry.space))) {
      const ofSpace = large.filter((entry) => entry.space === space);
      const refs = ofSpace.map(({ log, mid }) => ({ log, id: mid }));
      const found = await memory.messagesOf(space, partition).hydrate(refs);
      ofSpace.forEach((entry, i) => {
        entry.message = found[i];
      });
    }
  }

  #isAwaited(entry: FeedEntry): boolean {
    const here = this.#options.hub.in(entry.space);
    if (!here) return false;
    if (this.#listenersToLog(entry, this.#keysOf(entry.space, here))) return true;
    const { recipients } = entry;
    for (let i = 0; i < recipients.length; i += 2) if (here.hasReader(recipients[i] as Uid)) return true;
    return false;
  }

  #listenersToLog({ log }: FeedEntry, keys: Keys): ReadonlySet<Listener> | undefined {
    return log === '' ? undefined : this.#options.hub.listenersOf(keys.log(log));
  }

  #keysOf(space: SpaceName, here: SpaceListeners): Keys {
    let keys = this.#keys.get(here);
    if (!keys) {
      keys = this.#options.keys.of(space);
      this.#keys.set(here, keys);
    }
    return keys;
  }

  #offer(entry: FeedEntry, touched: Set<Listener>): void {
    const { space } = entry;
    const here = this.#options.hub.in(space);
    if (!here) return;
    const keys = this.#keysOf(space, here);
    const delivered = offerToInboxes(entry, here, touched) + this.#offerToLog(entry, keys, touched);
    if (delivered > 0) this.#options.metrics.delivered(delivered, space);
  }

  /** Who may not read a log any more is told so by its source, which has to look. */
  #offerToLog(entry: FeedEntry, keys: Keys, touched: Set<Listener>): number {
    const listeners = this.#listenersToLog(entry, keys);
    if (!listeners) return 0;
    const { expelled, isInLog } = entry;
    const isOver = entry.action === 'delete';
    let delivered = 0;
    for (const listener of listeners) {
      const { source } = listener;
      if (isOver || source.reader === expelled) listener.behind();
      else if (isInLog && listener.offer(source.cursorOf(entry), entry)) delivered++;
      touched.add(listener);
    }
    return delivered;
  }
}

/** Nobody but its user can listen to an inbox. Most members of a large group are not here, and cost one look. */
function offerToInboxes(entry: FeedEntry, here: SpaceListeners, touched: Set<Listener>): number {
  const { recipients } = entry;
  let delivered = 0;
  for (let i = 0; i + 1 < recipients.length; i += 2) {
    const listeners = here.ofReader(recipients[i] as Uid);
    if (listeners.size === 0) continue;
    for (const listener of listeners) {
      if (!listener.source.isInbox) continue;
      if (listener.offer(listener.source.cursorOf(entry, recipients[i + 1]), entry)) delivered++;
      touched.add(listener);
    }
  }
  return delivered;
}

/** Who of a user's listeners is told of a conversation: those to the inbox, and those to its log. */
function* signalled(here: SpaceListeners, keys: Keys, uid: Uid, log: LogName): Iterable<Listener> {
  const logKey = keys.log(log);
  for (const listener of here.ofReader(uid)) {
    const { key, isInbox } = listener.source;
    if (isInbox || key === logKey) yield listener;
  }
}
