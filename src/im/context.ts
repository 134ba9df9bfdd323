import type { Redis } from 'ioredis';
import type { Keys } from '../redis/keys.ts';

/** What every service of the IM rules needs; `app.ts` makes one. */
export interface ImContext {
  /** The command connection, with the scripts defined on it (`defineScripts`). */
  redis: Redis;
  keys: Keys;
  /** Told when inboxes refused a message (a key of a wrong type, say): how many, and the first one's reason. */
  inboxesRefused: (count: number, reason: string) => void;
  /** Told how each send came out: `created`, `repeated`, or an error code. */
  sent: (outcome: string) => void;
}

/** Passes on what a script says of inboxes that refused; most often nothing. */
export function report(context: ImContext, count: number | string | undefined, reason: unknown): void {
  if (Number(count) > 0) context.inboxesRefused(Number(count), String(reason));
}
