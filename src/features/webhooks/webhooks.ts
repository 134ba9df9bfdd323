import { randomUUID } from 'node:crypto';
import { refuse } from '../../domain/refusals.ts';
import type { Store } from '../../redis/store.ts';
import type { Consumers } from '../journal/consumers.ts';
import type { ConversationKind, EventType } from '../journal/journal-entry.ts';
import { forgetFailures, writeWebhook } from './commands.ts';
import { newSecret } from './signing.ts';
import { consumerOf, type DisabledReason, type WebhookRecord } from './webhook-record.ts';

/** How many a space may have. */
const MAX_WEBHOOKS = 50;
/** For how long the journal is kept for a webhook while no node sends it, s. */
const RETENTION_S = 604_800;
/** For how long a former secret signs beside the new one, ms. */
const GRACE_MS = 86_400_000;
/** What is given of a webhook. */
export interface WebhookInput {
  url: string;
  events?: EventType[] | undefined;
  conversationKinds?: ConversationKind[] | undefined;
}

/** A webhook, without its secrets. */
export interface Webhook {
  id: string;
  url: string;
  events?: EventType[];
  conversationKinds?: ConversationKind[];
  createdAt: string;
  enabled: boolean;
  disabledReason?: DisabledReason;
  /** Since when there was no success. */
  failingSince?: string;
  deliveredAt?: string;
  /** When it was last not sent something that it should have been. */
  gapAt?: string;
  /** Events that are to be sent again. */
  retries: number;
}

/** Webhooks: where what happens is sent to. */
export class Webhooks {
  readonly #store: Store;
  readonly #consumers: Consumers;
  readonly #checkUrl: (url: string) => void;

  /** @param checkUrl throws what is wrong with where a webhook is to go */
  constructor(store: Store, consumers: Consumers, checkUrl: (url: string) => void) {
    this.#store = store;
    this.#consumers = consumers;
    this.#checkUrl = checkUrl;
  }

  /** Everything that is decided from now on is sent there. The secret is told here. */
  async create(input: WebhookInput, secret = newSecret()): Promise<Webhook & { secret: string }> {
    this.#checkUrl(input.url);
    const id = randomUUID();
    const record = withFilters({ ...input, secrets: [{ secret }], createdAtMs: Date.now() });
    // Nothing that is decided from here on can be missing.
    await this.#consumers.put(consumerOf(id), RETENTION_S);
    try {
      await this.#write(id, '', JSON.stringify(record));
    } catch (error) {
      await this.#consumers.remove(consumerOf(id));
      throw error;
    }
    return { ...(await this.#shown(id, record)), secret };
  }

  /** The oldest first. */
  async list(): Promise<Webhook[]> {
    const all = [...(await this.records()).entries()].sort(([, a], [, b]) => a.createdAtMs - b.createdAtMs);
    return Promise.all(all.map(([id, record]) => this.#shown(id, record)));
  }

  /** @throws ImError `webhook_not_found` */
  async get(id: string): Promise<Webhook> {
    return this.#shown(id, (await this.#read(id)).record);
  }

  /** What is given is changed. One that is enabled again begins with what is decided from then on. */
  async patch(
    id: string,
    { enabled, ...changes }: Partial<WebhookInput> & { enabled?: boolean | undefined },
  ): Promise<Webhook> {
    if (changes.url) this.#checkUrl(changes.url);
    const record = await this.#change(id, ({ disabled, ...rest }) => {
      const stays = enabled === false ? (disabled ?? 'by_hand') : enabled ? undefined : disabled;
      return withFilters({ ...rest, ...defined(changes), ...(stays ? { disabled: stays } : {}) });
    });
    if (enabled === true) await this.#consumers.put(consumerOf(id), RETENTION_S);
    if (enabled === false) await this.#rest(id);
    return this.#shown(id, record);
  }

  /** Nothing is sent any more, until somebody enables it. */
  async disable(id: string, reason: DisabledReason): Promise<void> {
    await this.#change(id, (before) => ({ ...before, disabled: before.disabled ?? reason }));
    await this.#rest(id);
  }

  /** Another secret signs; the one before it goes on signing beside it for a day. */
  async rotate(id: string, secret = newSecret()): Promise<{ secret: string }> {
    await this.#change(id, (before) => ({
      ...before,
      secrets: [{ secret }, { secret: before.secrets[0]!.secret, untilMs: Date.now() + GRACE_MS }],
    }));
    return { secret };
  }

  /** Without one nothing happens. */
  async remove(id: string): Promise<void> {
    const source = await this.#store.redis.hget(this.#store.keys.webhooks(), id);
    if (source !== null) await this.#write(id, source, '');
    await this.#consumers.remove(consumerOf(id));
  }

  /** All, as they are set up. */
  async records(): Promise<Map<string, WebhookRecord>> {
    const all = await this.#store.redis.hgetall(this.#store.keys.webhooks());
    return new Map(Object.entries(all).map(([id, source]) => [id, JSON.parse(source) as WebhookRecord]));
  }

  /** @throws ImError `webhook_not_found` */
  async record(id: string): Promise<WebhookRecord> {
    return (await this.#read(id)).record;
  }

  async #read(id: string): Promise<{ source: string; record: WebhookRecord }> {
    const source = await this.#store.redis.hget(this.#store.keys.webhooks(), id);
    if (source === null) return refuse('webhook_not_found', id);
    return { source, record: JSON.parse(source) as WebhookRecord };
  }

  async #change(id: string, change: (before: WebhookRecord) => WebhookRecord): Promise<WebhookRecord> {
    for (;;) {
      const { source, record } = await this.#read(id);
      const after = change(record);
      if (await this.#store.run(writeWebhook, { id, before: source, after: JSON.stringify(after), max: MAX_WEBHOOKS }))
        return after;
    }
  }

  async #write(id: string, before: string, after: string): Promise<void> {
    const isWritten = await this.#store.run(writeWebhook, { id, before, after, max: MAX_WEBHOOKS });
    if (!isWritten && after === '') await this.remove(id);
  }

  /** Nothing is kept for it. */
  async #rest(id: string): Promise<void> {
    await this.#consumers.remove(consumerOf(id));
    await this.#store.run(forgetFailures, id);
  }

  async #shown(id: string, record: WebhookRecord): Promise<Webhook> {
    const { redis, keys } = this.#store;
    const [state, retries] = await Promise.all([redis.hgetall(keys.webhookState(id)), redis.zcard(keys.retries(id))]);
    const time = (ms: string | undefined) => (ms === undefined ? undefined : new Date(Number(ms)).toISOString());
    return defined({
      id,
      url: record.url,
      events: record.events,
      conversationKinds: record.conversationKinds,
      createdAt: new Date(record.createdAtMs).toISOString(),
      enabled: record.disabled === undefined,
      disabledReason: record.disabled,
      failingSince: time(state.failingSince),
      deliveredAt: time(state.deliveredAt),
      gapAt: time(state.gapAt),
      retries,
    }) as Webhook;
  }
}

/** A filter that is empty is none. */
function withFilters({
  events,
  conversationKinds,
  ...record
}: Omit<WebhookRecord, 'events' | 'conversationKinds'> & WebhookInput): WebhookRecord {
  return {
    ...record,
    ...(events?.length ? { events } : {}),
    ...(conversationKinds?.length ? { conversationKinds } : {}),
  };
}

/** Without what is not given. */
export function defined<Value extends object>(value: Value): Partial<Value> {
  return Object.fromEntries(
    Object.entries(value).filter(([, one]) => one !== undefined && one !== null),
  ) as Partial<Value>;
}
