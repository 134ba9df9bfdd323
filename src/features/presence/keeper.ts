import type { Hub } from '../../delivery/hub.ts';
import type { PresenceKeeper } from '../../delivery/presence.ts';
import type { Subscriber } from '../../delivery/subscriber.ts';
import type { Uid } from '../../domain/names.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Store } from '../../redis/store.ts';
import { Arrivals } from './arrivals.ts';
import type { Presence } from './presence.ts';
import { Watch } from './watch.ts';

export interface KeeperOptions {
  store: Store;
  presence: Presence;
  log: Logger;
  /** Known once delivery is made, which needs the keeper. */
  hub: () => Hub;
  /** Who leaves and comes back within this time was never gone, ms. */
  graceMs?: number;
  /** How often it is said again who is here, and looked who of the watched is not any more, ms. */
  renewMs?: number;
}

/** Three times within what holds (PRESENCE_HOLDS_MS of lua/presence.lua): one that fails harms nobody. */
const RENEW_MS = 10_000;
const GRACE_MS = 10_000;

/** This node's part in presence: it says who is here, and tells its streams of those whom they watch. */
export class Keeper implements PresenceKeeper {
  readonly #arrivals: Arrivals;
  readonly #watch: Watch;
  readonly #renewMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor({ hub, graceMs = GRACE_MS, renewMs = RENEW_MS, ...options }: KeeperOptions) {
    this.#renewMs = renewMs;
    this.#arrivals = new Arrivals({ ...options, graceMs, isHere: (uid) => hub().hasReader(uid) });
    this.#watch = new Watch({
      ...options,
      watchersOf: (uid) => hub().watchersOf(uid),
      watched: () => hub().watched,
    });
  }

  start(): void {
    this.#timer = setInterval(() => {
      void this.#arrivals.renew();
      void this.#watch.review();
    }, this.#renewMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#arrivals.stop();
  }

  readerChanged(uid: Uid): void {
    this.#arrivals.changed(uid);
  }

  watched(subscriber: Subscriber): void {
    this.#watch.opened(subscriber);
  }

  told(uid: Uid): void {
    this.#watch.told(uid);
  }

  missed(): void {
    this.#watch.missed();
  }
}
