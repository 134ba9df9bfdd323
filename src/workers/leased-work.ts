import type { SpaceName } from '../domain/spaces.ts';
import { Lease, type LeaseOptions } from './lease.ts';

/** How long a node that dies is waited for, ms, about. */
const LEASE_MS = 1_800;

/** What goes on for as long as the lease is held, and there is something for it to do. */
export interface Runner {
  stop(): void;
}

/** Something to do. */
export interface Job<Running extends Runner> {
  start(): Running;
  /** It is under way, and may be set up anew. */
  update?(running: Running): void;
}

export interface LeasedWorkOptions<Running extends Runner> extends Pick<LeaseOptions, 'store' | 'work' | 'log'> {
  /** What there is to do in some spaces by now, by name. */
  look(spaces: readonly SpaceName[]): Promise<ReadonlyMap<string, Job<Running>>>;
}

/** Work of the spaces of a partition, where this node is the one that does it. */
export class LeasedWork<Running extends Runner> {
  readonly #options: LeasedWorkOptions<Running>;
  readonly #lease: Lease;
  readonly #running = new Map<string, Running>();
  #isLooking = false;
  #isHeld = false;

  constructor(options: LeasedWorkOptions<Running>) {
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
    for (const running of this.#running.values()) running.stop();
    this.#running.clear();
  }

  async #look(spaces: readonly SpaceName[]): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { look, log, work } = this.#options;
    try {
      const jobs = await look(spaces);
      // Lost meanwhile.
      if (!this.#isHeld) return;
      for (const [name, job] of jobs) {
        const running = this.#running.get(name);
        if (running) job.update?.(running);
        else this.#running.set(name, job.start());
      }
      for (const [name, running] of this.#running) {
        if (jobs.has(name)) continue;
        running.stop();
        this.#running.delete(name);
      }
    } catch (error) {
      log.warn({ err: error, work }, 'it could not be seen what there is to do');
    } finally {
      this.#isLooking = false;
    }
  }
}
