import type { Hub } from '../delivery/hub.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { WebPush } from '../features/push/web-push.ts';
import type { Egress } from '../features/webhooks/egress.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { type Job, LeasedWork } from './leased-work.ts';
import { type PushedSpace, PushRunner } from './push-runner.ts';
import { PUSH_RETRY_AFTER_MS, type PushOutcome } from './push-sender.ts';

/** Presence forgets who has left after 10 s: a little more than that, ms. */
const AGAIN_AFTER_MS = 12_000;

export interface PushWorkerOptions {
  /** Of the partition. */
  store: Store;
  log: Logger;
  egress: Egress;
  /** Absent where Web Push is off. */
  webPush: WebPush | undefined;
  hub: () => Hub;
  /** Undefined where there is no such space (any more). */
  spaceOf(name: SpaceName): PushedSpace | undefined | Promise<PushedSpace | undefined>;
  count(outcome: PushOutcome, space: SpaceName): void;
  showsText: boolean;
  knowsPresence: boolean;
  /** {@link PushRunnerOptions} */
  againAfterMs?: number;
  retryAfterMs?: readonly number[];
}

/** Pushes what happens in the spaces of a partition in which somebody has a device, where this node is the one that does. */
export function pushWorker(options: PushWorkerOptions): LeasedWork<PushRunner> {
  const { store, log, hub, spaceOf, count } = options;
  const defaults = { againAfterMs: AGAIN_AFTER_MS, retryAfterMs: PUSH_RETRY_AFTER_MS };
  const look = async (spaces: readonly SpaceName[]) => {
    const jobs = new Map<string, Job<PushRunner>>();
    for (const name of spaces) {
      const space = await spaceOf(name);
      // The last device is gone: nothing is written for it any more.
      if (!space || (await space.devices.rest())) continue;
      jobs.set(name, {
        start: () =>
          new PushRunner({
            ...{ ...defaults, ...options, space: name, of: space, hub: hub() },
            count: (outcome) => count(outcome, name),
          }),
      });
    }
    return jobs;
  };
  return new LeasedWork({ store, log, work: 'push', look });
}
