import type { Hub } from '../delivery/hub.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { Consumers } from '../features/journal/consumers.ts';
import type { Journal } from '../features/journal/journal.ts';
import type { Egress } from '../features/webhooks/egress.ts';
import type { Webhooks } from '../features/webhooks/webhooks.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { HookRunner } from './hook-runner.ts';
import { HookSender, RETRY_AFTER_MS } from './hook-sender.ts';
import { Lease } from './lease.ts';

/** How long a node that dies is waited for, ms, about. */
const LEASE_MS = 1_800;

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
export class WebhookWorker {
  readonly #options: WebhookWorkerOptions;
  readonly #lease: Lease;
  readonly #runners = new Map<string, HookRunner>();
  #isLooking = false;
  #isHeld = false;

  constructor(options: WebhookWorkerOptions) {
    this.#options = options;
    this.#lease = new Lease({
      ...options,
      holdsMs: LEASE_MS,
      held: (spaces) => {
        this.#isHeld = true;
        void this.#look(spaces);
      },
      lost: () => this.#stopAll(),
    });
  }

  start(): void {
    this.#lease.start();
  }

  /** Before the hub is drained: a look at the journal would not wait any more. */
  async stop(): Promise<void> {
    await this.#lease.stop();
  }

  #stopAll(): void {
    this.#isHeld = false;
    for (const runner of this.#runners.values()) runner.stop();
    this.#runners.clear();
  }

  /** Which webhooks there are, and how they are set up. */
  async #look(spaces: readonly SpaceName[]): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const seen = new Set<string>();
      for (const name of spaces) {
        const space = await this.#options.spaceOf(name);
        for (const [id, record] of (await space?.webhooks.records()) ?? []) {
          if (record.disabled || !this.#isHeld) continue;
          seen.add(id);
          const running = this.#runners.get(id);
          if (running) running.record = record;
          else this.#runners.set(id, this.#runnerOf(space!, name, id, record));
        }
      }
      for (const [id, runner] of this.#runners) {
        if (seen.has(id)) continue;
        runner.stop();
        this.#runners.delete(id);
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'it could not be seen which webhooks there are');
    } finally {
      this.#isLooking = false;
    }
  }

  #runnerOf(space: HookedSpace, name: SpaceName, id: string, record: Parameters<HookSender['send']>[0]): HookRunner {
    const { log, egress, hub, sent, retryAfterMs = RETRY_AFTER_MS } = this.#options;
    const { store, journal, consumers, webhooks } = space;
    const options = {
      ...{ log, egress, hub: hub(), store, journal, consumers, webhooks, retryAfterMs },
      sent: (outcome: 'delivered' | 'failed') => sent(outcome, name),
    };
    return new HookRunner(options, id, record, new HookSender(options, id));
  }
}
