import type { LogName } from '../domain/conversations.ts';
import type { LogEntry } from '../domain/entries.ts';
import type { Uid } from '../domain/names.ts';
import type { MessageId } from '../domain/stream-ids.ts';
import type { Keys } from '../redis/keys.ts';
import type { Logger } from '../redis/logger.ts';
import type { FeedEntry, TokensEnd } from './feed-entry.ts';
import type { Hub } from './hub.ts';
import type { Listener } from './listener.ts';
import type { DeliveryMetrics } from './metrics.ts';
import type { PresenceKeeper } from './presence.ts';
import type { SignalEntry } from './signal-entry.ts';

/** Names one message: its log, and its id in it. */
interface MessageRef {
  log: LogName;
  id: MessageId;
}

/** Where messages are that are too large for the feed, and what this node remembers of messages. */
export interface MessageMemory {
  /** The messages that `refs` name, in their order; undefined where one is gone. */
  hydrate(refs: readonly MessageRef[]): Promise<(LogEntry | undefined)[]>;
  forget(ref: MessageRef): void;
  forgetLog(log: LogName): void;
  forgetAll(): void;
}

/** What this node knows of tokens that are refused. */
export interface RevocationMemory {
  /** Tokens of this user that were issued up to a moment are refused, s since 1970. */
  add(uid: Uid, until: number, why: TokensEnd): void;
  /** This user is not suspended any more. */
  lifted(uid: Uid): void;
  /** Some may have been missed. */
  reload(): void;
}

export interface DispatcherOptions {
  hub: Hub;
  keys: Keys;
  messages: MessageMemory;
  revocations: RevocationMemory;
  presence: PresenceKeeper;
  metrics: DeliveryMetrics;
  log: Logger;
}

/** Does what the feed says: forgets what was erased, sends away who was removed, and offers messages to who listens. */
export class Dispatcher {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /**
   * Takes entries of the feed, in order. The next ones may come when this resolves.
   * @throws what Redis throws; nothing was offered then, and everybody has to read
   */
  async dispatch(batch: readonly FeedEntry[]): Promise<void> {
    for (const entry of batch) this.#remember(entry);
    const large = batch.filter((entry) => !entry.message && this.#isAwaited(entry));
    if (large.length > 0) await this.#hydrate(large);
    const offered = large.length === 0 ? batch : batch.filter((entry) => entry.message || large.includes(entry));
    const touched = new Set<Listener>();
    for (const entry of offered) this.#offer(entry, touched);
    for (const listener of touched) listener.flush();
  }

  /** Takes signals, in order. */
  signal(batch: readonly SignalEntry[]): void {
    const touched = new Set<Listener>();
    for (const entry of batch) {
      if (entry.present !== undefined) this.#options.presence.told(entry.present);
      if (!entry.isKnown) continue;
      for (const uid of entry.recipients) {
        if (!this.#options.hub.hasReader(uid)) continue;
        for (const listener of this.#signalled(uid, entry.log)) {
          listener.signal(entry.kind, entry.jsonFor(uid));
          touched.add(listener);
        }
      }
    }
    for (const listener of touched) listener.flush();
  }

  /** Signals may have been missed: nothing else has them, so that everybody is told. */
  signalsMissed(reason: string): void {
    const { hub, log, presence } = this.#options;
    log.info({ reason, subscribers: hub.subscribers.size }, 'subscribers are told that signals may have been missed');
    hub.signalsMissed();
    presence.missed();
  }

  /** Entries of the feed may have been missed: what was to be known from them is read. */
  missed(reason: string): void {
    const { hub, log, messages, revocations } = this.#options;
    log.warn({ reason, subscribers: hub.subscribers.size }, 'subscribers read their streams');
    // An erasure may have been among what was missed.
    messages.forgetAll();
    revocations.reload();
    hub.everybodyBehind();
  }

  #remember({ log, message, revoked, lifted }: FeedEntry): void {
    const { hub, messages, revocations } = this.#options;
    if (revoked) {
      revocations.add(revoked.uid, revoked.until, revoked.why);
      hub.tokensEnded(revoked.uid, revoked.why);
    }
    if (lifted) revocations.lifted(lifted);
    if (message?.action === 'erase') messages.forget({ log, id: message.target! });
    else if (message?.action === 'delete') messages.forgetLog(log);
  }

  async #hydrate(large: readonly FeedEntry[]): Promise<void> {
    const found = await this.#options.messages.hydrate(large.map(({ log, mid }) => ({ log, id: mid })));
    large.forEach((entry, i) => {
      entry.message = found[i];
    });
  }

  /** Who of a user's listeners is told of a conversation: those to the inbox, and those to its log. */
  *#signalled(uid: Uid, log: LogName): Iterable<Listener> {
    const { hub, keys } = this.#options;
    const [inboxKey, logKey] = [keys.inbox(uid), keys.log(log)];
    for (const listener of hub.listenersBy(uid)) {
      const { key } = listener.source;
      if (key === inboxKey || key === logKey) yield listener;
    }
  }

  #isAwaited(entry: FeedEntry): boolean {
    if (this.#listenersToLog(entry)) return true;
    const { recipients } = entry;
    for (let i = 0; i < recipients.length; i += 2) if (this.#listenersAt(recipients[i] as Uid)) return true;
    return false;
  }

  /** Who listens to an inbox: nobody but its user can. Most members of a large group are not here, and cost one look. */
  #listenersAt(uid: Uid): ReadonlySet<Listener> | undefined {
    const { hub, keys } = this.#options;
    return hub.hasReader(uid) ? hub.listenersOf(keys.inbox(uid)) : undefined;
  }

  #listenersToLog({ log }: FeedEntry): ReadonlySet<Listener> | undefined {
    const { hub, keys } = this.#options;
    return log === '' ? undefined : hub.listenersOf(keys.log(log));
  }

  #offer(entry: FeedEntry, touched: Set<Listener>): void {
    const delivered = this.#offerToInboxes(entry, touched) + this.#offerToLog(entry, touched);
    if (delivered > 0) this.#options.metrics.delivered(delivered);
  }

  #offerToInboxes(entry: FeedEntry, touched: Set<Listener>): number {
    const { recipients } = entry;
    let delivered = 0;
    for (let i = 0; i + 1 < recipients.length; i += 2) {
      const listeners = this.#listenersAt(recipients[i] as Uid);
      if (!listeners) continue;
      for (const listener of listeners) {
        if (listener.offer(listener.source.cursorOf(entry, recipients[i + 1]), entry)) delivered++;
        touched.add(listener);
      }
    }
    return delivered;
  }

  /** Who may not read a log any more is told so by its source, which has to look. */
  #offerToLog(entry: FeedEntry, touched: Set<Listener>): number {
    const listeners = this.#listenersToLog(entry);
    if (!listeners) return 0;
    const { expelled, isInLog } = entry;
    const isOver = entry.message?.action === 'delete';
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
