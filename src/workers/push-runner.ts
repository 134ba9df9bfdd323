import type { Hub } from '../delivery/hub.ts';
import type { Message } from '../domain/entries.ts';
import type { Uid } from '../domain/names.ts';
import { topicOf } from '../domain/notifications.ts';
import type { SpaceName } from '../domain/spaces.ts';
import { sentAtMs } from '../domain/stream-ids.ts';
import type { Conversations } from '../features/conversations/conversations.ts';
import type { Consumers } from '../features/journal/consumers.ts';
import type { Journal, JournalItem } from '../features/journal/journal.ts';
import { type Devices, PUSH_CONSUMER } from '../features/push/devices.ts';
import { type Looked, type NewMessage, Recipients } from '../features/push/recipients.ts';
import type { Store } from '../redis/store.ts';
import { AwayLater } from './away-later.ts';
import { followJournal, keepOn } from './journal-follower.ts';
import { type Again, Outbox } from './outbox.ts';
import { type Push, PushSender, type PushSenderOptions } from './push-sender.ts';

/** How many entries of the journal are read at once. */
const PAGE = 100;
/** What was sent so long ago is pushed no more: nobody wants to be told of it after a night without a service, ms. */
const LATE_MS = 60_000;
/** How much time is between two pushes to one device, ms. */
const EVERY_MS = 1_000;
/** How many pushes of a space are on their way at the same time. */
const AT_ONCE = 50;
/** How many conversations may wait for one device. */
const MAX_TOPICS = 50;

/** What it needs of a space. */
export interface PushedSpace {
  readonly store: Store;
  readonly journal: Journal;
  readonly consumers: Consumers;
  readonly conversations: Conversations;
  readonly devices: Devices;
}

export interface PushRunnerOptions extends Omit<PushSenderOptions, 'store' | 'conversations' | 'signal'> {
  space: SpaceName;
  of: PushedSpace;
  hub: Hub;
  /** Whether it is known who has a stream open on any node. */
  knowsPresence: boolean;
  /** When it is looked again whether somebody is away who was there, ms after the message. */
  againAfterMs: number;
}

/**
 * Pushes the messages of one space, from the checkpoint on, to who has a device and no stream open. It is no promise: what
 * waits here is gone with the process, and what is late is not pushed.
 */
export class PushRunner {
  readonly #options: PushRunnerOptions;
  readonly #recipients: Recipients;
  readonly #sender: PushSender;
  readonly #outbox: Outbox<Push>;
  readonly #awayLater: AwayLater;
  readonly #stopped = new AbortController();

  constructor(options: PushRunnerOptions) {
    const { of, hub, space, knowsPresence, log, againAfterMs } = options;
    const { signal } = this.#stopped;
    this.#options = options;
    this.#recipients = new Recipients({
      store: of.store,
      knowsPresence,
      isHere: (uid) => hub.in(space)?.hasReader(uid) ?? false,
    });
    this.#sender = new PushSender({ ...options, store: of.store, conversations: of.conversations, signal });
    this.#outbox = new Outbox({
      everyMs: EVERY_MS,
      atOnce: AT_ONCE,
      maxTopics: MAX_TOPICS,
      send: (push, attempt, waited) => this.#send(push, attempt, waited),
      dropped: () => options.count('dropped'),
    });
    const failed = (error: unknown) => log.warn({ err: error }, 'it could not be seen whom to push to');
    this.#awayLater = new AwayLater(againAfterMs, (message, uids) => this.#look(message, uids).catch(failed));
    void keepOn(() => this.#follow(), { signal, failed });
  }

  stop(): void {
    this.#stopped.abort();
    this.#outbox.stop();
    this.#awayLater.stop();
  }

  async #follow(): Promise<void> {
    const { of, hub } = this.#options;
    await followJournal({
      ...{ hub, journal: of.journal, consumers: of.consumers, consumer: PUSH_CONSUMER, signal: this.#stopped.signal },
      count: () => PAGE,
      begin: () => of.devices.follow(),
      missed: async () => {},
      take: (items) => this.#take(items),
      taken: async () => {},
    });
  }

  async #take(items: readonly JournalItem[]): Promise<void> {
    const messages = items.flatMap((item) => messageOf(item) ?? []);
    const late = Date.now() - LATE_MS;
    const recent = messages.filter(({ sentAtMs }) => sentAtMs > late);
    const told = recent.length > 0 ? await this.#recipients.withDevices(recent) : [];
    for (const [i, message] of recent.entries()) {
      if (this.#stopped.signal.aborted) return;
      if (told[i]!.length > 0) await this.#look(message, told[i]!);
    }
  }

  async #look(message: NewMessage, uids: readonly Uid[]): Promise<void> {
    const isNew = Date.now() - message.sentAtMs < this.#options.againAfterMs;
    for (const looked of await this.#recipients.look(message, uids)) {
      const { finding, uid } = looked;
      if ('devices' in finding) this.#notify(message, looked);
      else if (isNew && finding.silence === 'online') this.#awayLater.add(message, uid);
    }
  }

  #notify(message: NewMessage, looked: Looked): void {
    if (!('devices' in looked.finding)) return;
    const { uid, finding } = looked;
    const topic = topicOf(uid, message.log);
    const phones = finding.devices.filter(({ address }) => address.kind !== 'web');
    for (const web of finding.devices) {
      if (web.address.kind !== 'web') continue;
      this.#outbox.add(`${uid} ${web.device}`, topic, { message, looked, target: { web } });
    }
    if (phones.length > 0) this.#outbox.add(uid, topic, { message, looked, target: { phones } });
  }

  /** What had to wait is looked at anew: it may have been read meanwhile, or erased, or its device is gone. */
  async #send(push: Push, attempt: number, waited: boolean): Promise<Again> {
    const { count, log } = this.#options;
    if (!waited) return this.#sender.send(push, attempt);
    if (Date.now() - push.message.sentAtMs > LATE_MS) return void count('late');
    const { message, looked } = push;
    const [now] = await this.#recipients.look(message, [looked.uid]).catch((error: unknown) => {
      log.warn({ err: error }, 'it could not be seen whom to push to');
      return [looked];
    });
    const target = now && targetNow(now, push.target);
    if (!target) return void count('superfluous');
    return this.#sender.send({ message, looked: now, target }, attempt);
  }
}

/** The same target as it is now; undefined if nobody is to be told there any more. */
function targetNow({ finding }: Looked, target: Push['target']): Push['target'] | undefined {
  if (!('devices' in finding)) return undefined;
  if ('web' in target) {
    const web = finding.devices.find(
      ({ device, digest }) => device === target.web.device && digest === target.web.digest,
    );
    return web && { web };
  }
  const phones = finding.devices.filter(({ address }) => address.kind !== 'web');
  return phones.length > 0 ? { phones } : undefined;
}

/** Undefined for what nobody is notified of. */
function messageOf({ entry, json }: JournalItem): NewMessage | undefined {
  if (entry.type !== 'message.created' || !entry.message) return undefined;
  const { message } = (JSON.parse(json) as { data: { message: Message } }).data;
  if (message.from === undefined || message.silent) return undefined;
  const { log, id } = entry.message;
  return {
    ...{ log, id, from: message.from, kind: entry.conversationKind!, mentions: message.mentions ?? [] },
    text: message.fields.text ?? '',
    sentAtMs: sentAtMs(id),
  };
}
