import type { Hub } from '../../delivery/hub.ts';
import type { PresenceKeeper } from '../../delivery/presence.ts';
import type { Subscriber } from '../../delivery/subscriber.ts';
import type { Uid } from '../../domain/names.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Store } from '../../redis/store.ts';
import { Arrivals } from './arrivals.ts';
import { Presence } from './presence.ts';
import { Watch } from './watch.ts';

export interface KeeperOptions {
  storeOf(space: SpaceName): Store;
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

/** What is kept of one space. */
interface InSpace {
  readonly partition: string;
  readonly arrivals: Arrivals;
  readonly watch: Watch;
}

/** This node's part in presence: it says who is here, and tells its streams of those whom they watch. */
export class Keeper implements PresenceKeeper {
  readonly #options: Required<KeeperOptions>;
  /** The spaces that have listeners here, or lately had. */
  readonly #spaces = new Map<SpaceName, InSpace>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeeperOptions) {
    this.#options = { graceMs: GRACE_MS, renewMs: RENEW_MS, ...options };
  }

  start(): void {
    this.#timer = setInterval(() => this.#renew(), this.#options.renewMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { arrivals } of this.#spaces.values()) arrivals.stop();
  }

  readerChanged(space: SpaceName, uid: Uid): void {
    this.#in(space).arrivals.changed(uid);
  }

  watched(subscriber: Subscriber): void {
    this.#in(subscriber.source.space).watch.opened(subscriber);
  }

  told(space: SpaceName, uid: Uid): void {
    this.#spaces.get(space)?.watch.told(uid);
  }

  missed(of: string): void {
    for (const { watch, partition } of this.#spaces.values()) if (partition === of) watch.missed();
  }

  spaceMoved(space: SpaceName): void {
    this.#spaces.get(space)?.arrivals.stop();
    this.#spaces.delete(space);
  }

  #renew(): void {
    for (const [space, { arrivals, watch }] of this.#spaces) {
      if (arrivals.isIdle && !this.#options.hub().in(space)) this.#spaces.delete(space);
      void arrivals.renew();
      void watch.review();
    }
  }

  #in(space: SpaceName): InSpace {
    let inSpace = this.#spaces.get(space);
    if (!inSpace) {
      const { storeOf, hub, log, graceMs } = this.#options;
      const store = storeOf(space);
      const listeners = () => hub().in(space);
      inSpace = {
        partition: store.partition,
        arrivals: new Arrivals({ store, log, graceMs, isHere: (uid) => listeners()?.hasReader(uid) ?? false }),
        watch: new Watch({
          log,
          presence: new Presence(store),
          watchersOf: (uid) => listeners()?.watchersOf(uid),
          watched: () => listeners()?.watched ?? [],
        }),
      };
      this.#spaces.set(space, inSpace);
    }
    return inSpace;
  }
}
