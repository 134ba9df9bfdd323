import { ImError } from '../domain/errors.ts';
import type { JournalItem } from '../features/journal/journal.ts';
import { settleDelivery } from '../features/webhooks/commands.ts';
import type { Egress } from '../features/webhooks/egress.ts';
import { signedHeaders } from '../features/webhooks/signing.ts';
import { secretsOf, type WebhookRecord } from '../features/webhooks/webhook-record.ts';
import type { Webhooks } from '../features/webhooks/webhooks.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { retryWait } from './retry-wait.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** When an event is sent again that could not be sent, after each try. */
export const RETRY_AFTER_MS = [
  5 * SECOND,
  MINUTE,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  24 * HOUR,
] as const;
/** What a receiver may ask us to wait at most: as long as the last try may be put off by itself. */
const MAX_WAIT_MS = 1.2 * 24 * HOUR;
/** A webhook that has had no success for so long is disabled. */
const GIVEN_UP_MS = 5 * 24 * HOUR;

export interface SenderOptions {
  store: Store;
  webhooks: Webhooks;
  egress: Egress;
  log: Logger;
  retryAfterMs: readonly number[];
  /** Told what came of each try. */
  sent(outcome: 'delivered' | 'failed'): void;
}

/** Sends events to a webhook, and notes what came of it. */
export class HookSender {
  readonly #options: SenderOptions;
  readonly #id: string;

  constructor(options: SenderOptions, id: string) {
    this.#options = options;
    this.#id = id;
  }

  /**
   * Sends an event once. When this resolves it was delivered, is to be sent again, or was tried for the last time, and Redis
   * knows. @returns whether it was delivered
   *
   * @param attempt the number of the try
   * @param signal ends it; then nothing is noted
   */
  async send(
    record: WebhookRecord,
    { cursor, entry, json }: JournalItem,
    flat: readonly string[],
    attempt: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { store, webhooks, egress, retryAfterMs, sent } = this.#options;
    const began = Date.now();
    let status: number | undefined;
    let asked: number | undefined;
    let problem: string | undefined;
    try {
      const headers = { 'user-agent': 'redisim', ...signedHeaders(cursor, json, secretsOf(record, began), began) };
      ({ status, retryAfterMs: asked } = await egress.post(record.url, headers, json, signal));
    } catch (error) {
      if (signal.aborted) throw error;
      problem = (error as Error).message;
    }
    const isDelivered = status !== undefined && status >= 200 && status < 300;
    sent(isDelivered ? 'delivered' : 'failed');
    const wait = retryAfterMs[attempt - 1];
    const failingSince = await store.run(settleDelivery, {
      id: this.#id,
      event: cursor,
      type: entry.type,
      flat,
      isDelivered,
      status,
      problem,
      tookMs: Date.now() - began,
      attempt,
      dueMs: isDelivered || wait === undefined ? undefined : dueAfter(wait, asked),
    });
    if (status === 410) await this.#disable(webhooks, 'gone');
    else if (failingSince !== undefined && Date.now() - failingSince > GIVEN_UP_MS) {
      await this.#disable(webhooks, 'failing');
    }
    return isDelivered;
  }

  async #disable(webhooks: Webhooks, reason: 'gone' | 'failing'): Promise<void> {
    this.#options.log.warn({ webhook: this.#id, reason }, 'a webhook was disabled');
    await webhooks.disable(this.#id, reason).catch((error: unknown) => {
      // Removed meanwhile.
      if (!(error instanceof ImError)) throw error;
    });
  }
}

/** When an event is due again, ms since 1970. */
function dueAfter(planned: number, asked: number | undefined): number {
  return Math.round(Date.now() + retryWait(planned, asked, MAX_WAIT_MS));
}
