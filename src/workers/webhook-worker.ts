import type { Hub } from '../delivery/hub.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { Consumers } from '../features/journal/consumers.ts';
import type { Journal } from '../features/journal/journal.ts';
import type { Egress } from '../features/webhooks/egress.ts';
import type { WebhookRecord } from '../features/webhooks/webhook-record.ts';
import type { Webhooks } from '../features/webhooks/webhooks.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { HookRunner } from './hook-runner.ts';
import { HookSender, RETRY_AFTER_MS } from './hook-sender.ts';
import { type Job, LeasedWork } from './leased-work.ts';

/** What it needs of a space. */
export interface HookedSpace {
  readonly store: Store;
  readonly journal: Journal;
  readonly consumers: Consumers;
  readonly webhooks: Webhooks;
}

export interface WebhookWorkerOptions {
  /** Of the partition. */
  store: Store;
  log: Logger;
  egress: Egress;
  hub: () => Hub;
  /** Undefined where there is no such space (any more). */
  spaceOf(name: SpaceName): HookedSpace | undefined | Promise<HookedSpace | undefined>;
  sent(outcome: 'delivered' | 'failed', space: SpaceName): void;
  /** When an event is sent again, after each try. */
  retryAfterMs?: readonly number[];
}

/** Sends the webhooks of the spaces of a partition, where this node is the one that does. */
export function webhookWorker(options: WebhookWorkerOptions): LeasedWork<HookRunner> {
  const { store, log, egress, hub, spaceOf, sent, retryAfterMs = RETRY_AFTER_MS } = options;
  const start = (space: HookedSpace, name: SpaceName, id: string, record: WebhookRecord): HookRunner => {
    const { journal, consumers, webhooks } = space;
    const of = {
      ...{ log, egress, hub: hub(), store: space.store, journal, consumers, webhooks, retryAfterMs },
      sent: (outcome: 'delivered' | 'failed') => sent(outcome, name),
    };
    return new HookRunner(of, id, record, new HookSender(of, id));
  };
  /** Which webhooks there are, and how they are set up. */
  const look = async (spaces: readonly SpaceName[]) => {
    const jobs = new Map<string, Job<HookRunner>>();
    for (const name of spaces) {
      const space = await spaceOf(name);
      for (const [id, record] of (await space?.webhooks.records()) ?? []) {
        if (record.disabled) continue;
        jobs.set(id, {
          start: () => start(space!, name, id, record),
          update: (running) => {
            running.record = record;
          },
        });
      }
    }
    return jobs;
  };
  return new LeasedWork({ store, log, work: 'webhooks', look });
}
