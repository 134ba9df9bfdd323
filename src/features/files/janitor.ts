import { randomUUID } from 'node:crypto';
import type { FileId } from '../../domain/files.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Store } from '../../redis/store.ts';
import { bytesRemoved, leaseFiles, lookAtFile } from './commands.ts';
import type { FileStore } from './file-store.ts';

export interface FilesJanitorOptions {
  bytes: FileStore;
  /** Of every space that there is. */
  stores: () => AsyncIterable<Store>;
  log: Logger;
  /** How often it looks, ms. */
  everyMs?: number;
}

const EVERY_MS = 600_000;
/** How long one node looks alone, ms; it says so again with every page. */
const LEASE_MS = 60_000;
/** How many files it looks at before it says again that it does. */
const PAGE = 100;

/**
 * Compares what is noted of files with what the logs still hold, each file once a day, and removes the bytes of those that no
 * message has carried for a day. Of several nodes one does it at a time.
 */
export class FilesJanitor {
  readonly #of: FilesJanitorOptions;
  readonly #node = randomUUID();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isStopped = false;

  constructor(options: FilesJanitorOptions) {
    this.#of = options;
  }

  start(): void {
    const look = () => {
      this.#looking ??= this.lookAtAll().finally(() => {
        this.#looking = undefined;
      });
    };
    this.#timer = setInterval(look, this.#of.everyMs ?? EVERY_MS);
    look();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#looking;
  }

  /** Looks at what is due in every space. What fails in one is tried again the next time. @param nowMs the time */
  async lookAtAll(nowMs = Date.now()): Promise<void> {
    try {
      for await (const store of this.#of.stores()) {
        if (this.#isStopped) return;
        await this.look(store, nowMs).catch((error: unknown) => this.#failed(error, store));
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Looks at what is due in one space, unless another node does. */
  async look(store: Store, nowMs = Date.now()): Promise<void> {
    const { redis, keys } = store;
    const dueNow = async () => (await redis.zrangebyscore(keys.files(), '-inf', nowMs, 'LIMIT', 0, PAGE)) as FileId[];
    // Where nothing is to be done nothing is written either.
    if ((await dueNow()).length === 0 && (await redis.scard(keys.fileRemovals())) === 0) return;
    for (let isDone = false; !isDone && !this.#isStopped && (await this.#lease(store)); ) {
      const due = await dueNow();
      for (const id of due) while ((await store.run(lookAtFile, { id, nowMs })) === 'again');
      await this.#removeBytes(store);
      isDone = due.length < PAGE;
    }
  }

  /** Whether this node is the one that looks. */
  #lease(store: Store): Promise<boolean> {
    return store.run(leaseFiles, { node: this.#node, ms: LEASE_MS });
  }

  /** A node that ends in between leaves the note of what is still to be removed. */
  async #removeBytes(store: Store): Promise<void> {
    const { redis, keys } = store;
    for (const id of (await redis.smembers(keys.fileRemovals())) as FileId[]) {
      await this.#of.bytes.remove({ space: keys.space, id });
      await store.run(bytesRemoved, id);
    }
  }

  #failed(error: unknown, store?: Store): void {
    const space = store?.keys.space ? { space: store.keys.space } : {};
    this.#of.log.warn(
      { err: error, ...space },
      'what no message carries any more could not be removed; trying again later',
    );
  }
}
