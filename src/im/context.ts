import type { Store } from '../redis/store.ts';

/** What every service of the IM rules needs; `app.ts` makes one. */
export interface ImContext {
  store: Store;
  /** Told how each send came out: `created`, `repeated`, or an error code. */
  sent: (outcome: string) => void;
}
