import type { Hub } from '../delivery/hub.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { WebPush } from '../features/push/web-push.ts';
import { Egress } from '../features/webhooks/egress.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import type { PushedSpace } from './push-runner.ts';
import type { PushOutcome } from './push-sender.ts';
import { type PushWorkerOptions, pushWorker } from './push-worker.ts';
import { type HookedSpace, webhookWorker } from './webhook-worker.ts';

/** How long somebody else's server may take to answer, ms. */
const TIMEOUT_MS = 15_000;

/** How many connections one push service gets: all browsers of a kind have the same. */
const PUSH_SOCKETS = 50;

export interface WorkersOptions {
  partitions: readonly Store[];
  log: Logger;
  hub: () => Hub;
  /** Undefined where there is no such space (any more). */
  spaceOf(name: SpaceName): Space | undefined | Promise<Space | undefined>;
  metrics: {
    countWebhook(outcome: 'delivered' | 'failed', space: SpaceName): void;
    countPush(outcome: PushOutcome, space: SpaceName): void;
  };
  /** Whether addresses of this machine and of private networks may be sent to. */
  allowsPrivate: boolean;
  /** Absent where Web Push is off. */
  webPush: WebPush | undefined;
  /** Whether pushes have the text of a message. */
  showsText: boolean;
  /** Whether it is known who has a stream open on any node. */
  knowsPresence: boolean;
  /** When a webhook's event is sent again, after each try, ms. */
  retryAfterMs?: readonly number[] | undefined;
  /** When a push is tried again, and who was there looked at once more. */
  push?: Pick<PushWorkerOptions, 'againAfterMs' | 'retryAfterMs'> | undefined;
}

type Space = PushedSpace & HookedSpace;

/** What is sent beside the requests, webhooks and pushes, where this node is the one that does it. */
export class Workers {
  /** What webhooks are sent through. */
  readonly egress: Egress;
  readonly #pushEgress: Egress;
  readonly #all: readonly { start(): void; stop(): Promise<void> }[];

  constructor(options: WorkersOptions) {
    const { partitions, metrics, allowsPrivate, retryAfterMs, push, ...shared } = options;
    const egress = new Egress({ allowsPrivate, timeoutMs: TIMEOUT_MS });
    const pushEgress = new Egress({ allowsPrivate, timeoutMs: TIMEOUT_MS, connections: PUSH_SOCKETS });
    const hooks = { ...shared, egress, sent: metrics.countWebhook, ...(retryAfterMs ? { retryAfterMs } : {}) };
    const pushes = { ...shared, egress: pushEgress, count: metrics.countPush, ...push };
    this.egress = egress;
    this.#pushEgress = pushEgress;
    this.#all = partitions.flatMap((store) => [webhookWorker({ ...hooks, store }), pushWorker({ ...pushes, store })]);
  }

  start(): void {
    for (const worker of this.#all) worker.start();
  }

  /** Before the hub is drained: a look at the journal would not wait any more. */
  async stop(): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.stop()));
    this.egress.close();
    this.#pushEgress.close();
  }
}
