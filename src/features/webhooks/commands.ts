import { type Cursor, isStreamId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';

interface Writing {
  id: string;
  before: string;
  after: string;
  /** How many there may be. */
  max: number;
}

/** False if somebody else was faster. Refuses `too_many_webhooks`. */
export const writeWebhook = command({
  script: new URL('./write_webhook.lua', import.meta.url),
  keys: (keys, { id }: Writing) => [
    keys.webhooks(),
    keys.webhookSpaces(),
    keys.webhookState(id),
    keys.retries(id),
    keys.retried(id),
    keys.deliveries(id),
  ],
  args: ({ id, before, after, max }) => [id, before, after, max],
  decode: (reply: 'written' | 'changed') => reply === 'written',
});

/** What came of sending an event once. */
export interface Settled {
  id: string;
  event: Cursor;
  type: string;
  /** What the journal has of it. */
  flat: readonly string[];
  isDelivered: boolean;
  status: number | undefined;
  problem: string | undefined;
  tookMs: number;
  attempt: number;
  /** When it is tried again, ms since 1970. */
  dueMs: number | undefined;
}

/** Since when it has failed without a success, ms since 1970. */
export const settleDelivery = command({
  script: new URL('./settle_delivery.lua', import.meta.url),
  keys: (keys, { id }: Settled) => [
    keys.webhooks(),
    keys.webhookState(id),
    keys.retries(id),
    keys.retried(id),
    keys.deliveries(id),
  ],
  args: ({ id, event, type, flat, isDelivered, status, problem, tookMs, attempt, dueMs }) => [
    id,
    event,
    type,
    JSON.stringify(flat),
    isDelivered ? 'delivered' : 'failed',
    status ?? '',
    problem ?? '',
    tookMs,
    attempt,
    dueMs ?? '',
  ],
  decode: (since: string) => (since === '' ? undefined : Number(since)),
});

/** An event that is to be sent again. */
export interface Retry {
  event: Cursor;
  /** How often it was tried. */
  attempts: number;
  flat: string[];
}

export const dueRetries = command({
  script: new URL('./due_retries.lua', import.meta.url),
  keys: (keys, { id }: { id: string; count: number }) => [keys.retries(id), keys.retried(id)],
  args: ({ count }) => [count],
  decode: ([total, ...words]: [number, ...string[]]) => {
    const due: Retry[] = [];
    for (let i = 0; i < words.length; i += 2) {
      const [event, kept] = [words[i]!, words[i + 1]!];
      const space = kept.indexOf(' ');
      if (!isStreamId(event) || space < 0) continue;
      due.push({
        event: event as Cursor,
        attempts: Number(kept.slice(0, space)),
        flat: JSON.parse(kept.slice(space + 1)) as string[],
      });
    }
    return { total, due };
  },
});

/** How many are sent again. */
export const sendAgain = command({
  script: new URL('./send_again.lua', import.meta.url),
  keys: (keys, { id }: { id: string; events: readonly [event: Cursor, flat: string][] }) => [
    keys.webhooks(),
    keys.retries(id),
    keys.retried(id),
  ],
  args: ({ id, events }) => [id, ...events.flat()],
  decode: (count: number) => count,
});

export const noteGap = command({
  script: new URL('./note_gap.lua', import.meta.url),
  keys: (keys, { id }: { id: string; why: string }) => [keys.webhooks(), keys.webhookState(id)],
  args: ({ id, why }) => [id, why],
  decode: () => undefined,
});

export const forgetFailures = command({
  script: new URL('./forget_failures.lua', import.meta.url),
  keys: (keys, id: string) => [keys.webhookState(id), keys.retries(id), keys.retried(id)],
  args: () => [],
  decode: () => undefined,
});
