import { setTimeout as sleep } from 'node:timers/promises';
import type { Hub } from '../delivery/hub.ts';
import { poll } from '../delivery/transports/long-poll.ts';
import { ImError } from '../domain/errors.ts';
import type { Cursor } from '../domain/stream-ids.ts';
import type { Consumers } from '../features/journal/consumers.ts';
import type { Journal, JournalItem } from '../features/journal/journal.ts';
import { ACKNOWLEDGED, JournalSource } from '../features/journal/journal-source.ts';
import { dueRetries, noteGap } from '../features/webhooks/commands.ts';
import { consumerOf, type WebhookRecord, wants } from '../features/webhooks/webhook-record.ts';
import type { HookSender, SenderOptions } from './hook-sender.ts';

/** Events that are sent to one webhook at the same time. */
const AT_ONCE = 10;
/** How many events of the journal are read at once. */
const PAGE = 100;
/** From so many on that are to be sent again, nothing new is sent: it waits in the journal. */
const MAX_RETRIES = 1_000;
/** How long a look at the journal waits, ms. */
const BLOCK_MS = 10_000;
/** How often it is looked what is to be sent again, ms. */
const RETRY_LOOK_MS = 1_000;
/** How long to wait after something of our own went wrong, or after nothing could be sent, ms; doubled each time. */
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
    void this.#loop(() => this.#follow());
    void this.#loop(() => this.#retry());
  }

  /** It was set up anew. */
  set record(record: WebhookRecord) {
    this.#record = record;
  }

  stop(): void {
    this.#stopped.abort();
  }

  async #loop(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await work();
      } catch (error) {
        if (signal.aborted) return;
        this.#options.log.warn({ err: error, webhook: this.#id }, 'a webhook could not be sent');
        await this.#pause(PAUSE_MS);
      }
    }
  }

  /** From the checkpoint on, until something goes wrong. */
  async #follow(): Promise<void> {
    const { journal, consumers, hub } = this.#options;
    const { signal } = this.#stopped;
    const consumer = consumerOf(this.#id);
    const source = new JournalSource(journal, consumer);
    let position = await source.resolve(ACKNOWLEDGED).catch((error: unknown) => this.#begin(error));
    while (!signal.aborted) {
      // What nobody takes is read one by one, and waits where it is.
      const count = this.#pauseMs > 0 ? 1 : PAGE;
      const page = await poll(hub, source, position, { count, blockMs: BLOCK_MS, signal, check: async () => {} });
      if (signal.aborted) return;
      if (page.gap) await this.#missed(page.gap.reason);
      const wanted = page.items.filter(({ entry }) => wants(this.#record, entry));
      const delivered = await this.#sendAll(wanted);
      if (signal.aborted) return;
      if (page.next !== position) await consumers.acknowledge(consumer, page.next);
      position = page.next;
      this.#pauseMs = wanted.length > 0 && delivered === 0 ? Math.min(this.#pauseMs * 2 || PAUSE_MS, MAX_PAUSE_MS) : 0;
      await this.#pause(this.#pauseMs);
      while (!signal.aborted && (await this.#due(0)).total >= MAX_RETRIES) await this.#pause(RETRY_LOOK_MS);
    }
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
    if (due.length < AT_ONCE) await this.#pause(RETRY_LOOK_MS);
  }

  #due(count: number) {
    return this.#options.store.run(dueRetries, { id: this.#id, count });
  }

  /** It has stayed away for so long that nothing was kept for it: it goes on from here. */
  async #begin(error: unknown): Promise<Cursor> {
    if (!(error instanceof ImError && error.code === 'consumer_not_found')) throw error;
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

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}
