import { randomUUID } from 'node:crypto';
import { fieldsFrom, type RawEntry } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import type { Store } from '../../redis/store.ts';
import { sendAgain } from './commands.ts';
import type { Egress } from './egress.ts';
import { signedHeaders } from './signing.ts';
import { secretsOf } from './webhook-record.ts';
import { defined, type Webhooks } from './webhooks.ts';

/** How many deliveries are looked at when events are sent again. */
const LOOKED_AT = 10_000;

/** One try to send an event. */
export interface Delivery {
  id: string;
  event: Cursor;
  type: string;
  sentAt: string;
  outcome: 'delivered' | 'failed';
  status?: number;
  problem?: string;
  tookMs: number;
  attempt: number;
  /** When it is tried again. */
  nextAt?: string;
}

/** What came of a test event. */
export type TestResult = Pick<Delivery, 'outcome' | 'status' | 'problem' | 'tookMs'>;

/** What was sent to webhooks, and what is sent again. */
export class Deliveries {
  readonly #store: Store;
  readonly #webhooks: Webhooks;

  constructor(store: Store, webhooks: Webhooks) {
    this.#store = store;
    this.#webhooks = webhooks;
  }

  /** What was sent or tried, the newest first; of the last three days. @throws ImError `webhook_not_found` */
  async list(
    id: string,
    { limit, after }: { limit: number; after?: string | undefined },
  ): Promise<{ items: Delivery[]; next?: string }> {
    await this.#webhooks.record(id);
    const { redis, keys } = this.#store;
    const from = after === undefined ? '+' : `(${after}`;
    const entries = (await redis.xrevrange(keys.deliveries(id), from, '-', 'COUNT', limit)) as RawEntry[];
    const items = entries.map(deliveryFrom);
    return items.length === limit ? { items, next: items.at(-1)!.id } : { items };
  }

  /** Sends an event of the type `webhook.test` at once, and once. @throws ImError `webhook_not_found` */
  async test(id: string, egress: Egress): Promise<TestResult> {
    const record = await this.#webhooks.record(id);
    const now = Date.now();
    const event = { type: 'webhook.test', timestamp: new Date(now).toISOString(), data: { webhook: id } };
    const body = JSON.stringify(event);
    const headers = signedHeaders(`test-${randomUUID()}`, body, secretsOf(record, now), now);
    const answer = await egress
      .post(record.url, headers, body)
      .catch((error: Error) => ({ status: undefined, problem: error.message }));
    const { status } = answer;
    const result = {
      outcome: status !== undefined && status >= 200 && status < 300 ? 'delivered' : 'failed',
      status,
      problem: 'problem' in answer ? answer.problem : undefined,
      tookMs: Date.now() - now,
    };
    return defined(result) as TestResult;
  }

  /** Sends events again: one, or all since a moment that were not delivered. How many. @throws ImError `webhook_not_found` */
  async redeliver(id: string, which: { event: string } | { sinceMs: number }): Promise<number> {
    const record = await this.#webhooks.record(id);
    if (record.disabled)
      throw new ImError(
        'invalid_request',
        'The webhook is disabled: enable it first, with PATCH and {"enabled": true}.',
      );
    const { redis, keys } = this.#store;
    const since = 'sinceMs' in which ? `${Math.max(0, which.sinceMs)}` : '-';
    const entries = (await redis.xrange(keys.deliveries(id), since, '+', 'COUNT', LOOKED_AT)) as RawEntry[];
    const undelivered = new Map<Cursor, string>();
    for (const [, flat] of entries) {
      const { event, outcome, flat: kept } = fieldsFrom(flat) as Record<string, string>;
      if ('event' in which ? event === which.event : outcome !== 'delivered') undelivered.set(event as Cursor, kept!);
      else undelivered.delete(event as Cursor);
    }
    if ('event' in which && undelivered.size === 0) {
      throw new ImError(
        'invalid_request',
        `No event "${which.event}" was sent in the last three days: see the deliveries.`,
      );
    }
    if (undelivered.size === 0) return 0;
    return this.#store.run(sendAgain, { id, events: [...undelivered] });
  }
}

function deliveryFrom([id, flat]: RawEntry): Delivery {
  const { event, type, outcome, status, problem, took, attempt, due } = fieldsFrom(flat) as Record<string, string>;
  return defined({
    id,
    event,
    type,
    sentAt: new Date(Number(id.split('-')[0])).toISOString(),
    outcome,
    status: status ? Number(status) : undefined,
    problem: problem || undefined,
    tookMs: Number(took),
    attempt: Number(attempt),
    nextAt: due ? new Date(Number(due)).toISOString() : undefined,
  }) as unknown as Delivery;
}
