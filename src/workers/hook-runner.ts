import type { Hub } from '../delivery/hub.ts';
import type { Cursor } from '../domain/stream-ids.ts';
import type { Consumers } from '../features/journal/consumers.ts';
import type { Journal, JournalItem } from '../features/journal/journal.ts';
import { dueRetries, noteGap } from '../features/webhooks/commands.ts';
import { consumerOf, type WebhookRecord, wants } from '../features/webhooks/webhook-record.ts';
import type { HookSender, SenderOptions } from './hook-sender.ts';
import { followJournal, keepOn, pause } from './journal-follower.ts';

/** Events that are sent to one webhook at the same time. */
const AT_ONCE = 10;
/** How many events of the journal are read at once. */
const PAGE = 100;
/** From so many on that are to be sent again, nothing new is sent: it waits in the journal. */
const MAX_RETRIES = 1_000;
/** How often it is looked what is to be sent again, ms. */
const RETRY_LOOK_MS = 1_000;
/** How long to wait after nothing could be sent, ms; doubled each time. */
const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

export interface RunnerOptions extends SenderOptions {
  hub: Hub;
  journal: Journal;
  consumers: Consumers;
}

/**
 * Sends to one webhook what the journal has for it, from its checkpoint on. What fails alone is put off, and noted before the
 * checkpoint moves over it; where nothing arrives, the rest waits in the journal.
 */
export class HookRunner {
  readonly #options: RunnerOptions;
  readonly #id: string;
  readonly #sender: HookSender;
  readonly #stopped = new AbortController();
  #record: WebhookRecord;
  #pauseMs = 0;

  constructor(options: RunnerOptions, id: string, record: WebhookRecord, sender: HookSender) {
    this.#options = options;
    this.#id = id;
    this.#record = record;
    this.#sender = sender;
    const { signal } = this.#stopped;
    const failed = (error: unknown) => options.log.warn({ err: error, webhook: id }, 'a webhook could not be sent');
    void keepOn(() => this.#follow(), { signal, failed });
    void keepOn(() => this.#retry(), { signal, failed });
  }

  /** It was set up anew. */
  set record(record: WebhookRecord) {
    this.#record = record;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** From the checkpoint on, until something goes wrong. */
  async #follow(): Promise<void> {
    const { signal } = this.#stopped;
    await followJournal({
      ...this.#options,
      consumer: consumerOf(this.#id),
      signal,
      // What nobody takes is read one by one, and waits where it is.
      count: () => (this.#pauseMs > 0 ? 1 : PAGE),
      begin: () => this.#begin(),
      missed: (reason) => this.#missed(reason),
      take: async (items) => {
        const wanted = items.filter(({ entry }) => wants(this.#record, entry));
        const delivered = await this.#sendAll(wanted);
        const isStuck = wanted.length > 0 && delivered === 0;
        this.#pauseMs = isStuck ? Math.min(this.#pauseMs * 2 || PAUSE_MS, MAX_PAUSE_MS) : 0;
      },
      taken: async () => {
        await pause(this.#pauseMs, signal);
        while (!signal.aborted && (await this.#due(0)).total >= MAX_RETRIES) await pause(RETRY_LOOK_MS, signal);
      },
    });
  }

  /** @returns how many were delivered */
  async #sendAll(items: readonly JournalItem[]): Promise<number> {
    let delivered = 0;
    let next = 0;
    const send = async () => {
      for (let item = items[next++]; item; item = items[next++]) {
        if (await this.#sender.send(this.#record, item, item.entry.flat, 1, this.#stopped.signal)) delivered++;
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, send));
    return delivered;
  }

  /** Sends what is due by now. */
  async #retry(): Promise<void> {
    const { due } = await this.#due(AT_ONCE);
    const { journal } = this.#options;
    const items = await journal.render(due.map(({ event, flat }) => ({ cursor: event, flat })));
    await Promise.all(
      due.map(({ flat, attempts }, i) =>
        this.#sender.send(this.#record, items[i]!, flat, attempts + 1, this.#stopped.signal),
      ),
    );
    if (due.length < AT_ONCE) await pause(RETRY_LOOK_MS, this.#stopped.signal);
  }

  #due(count: number) {
    return this.#options.store.run(dueRetries, { id: this.#id, count });
  }

  /** It has stayed away for so long that nothing was kept for it: it goes on from here. */
  async #begin(): Promise<Cursor> {
    const { consumers, webhooks } = this.#options;
    // Where the webhook is gone, too, this runner is about to be stopped.
    await webhooks.record(this.#id);
    await this.#missed('trimmed');
    return (await consumers.put(consumerOf(this.#id))).consumer.acknowledged;
  }

  async #missed(why: string): Promise<void> {
    this.#options.log.warn({ webhook: this.#id, reason: why }, 'a webhook was not sent what the journal has no more');
    await this.#options.store.run(noteGap, { id: this.#id, why });
  }
}
