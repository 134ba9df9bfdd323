import type { Uid } from '../../domain/names.ts';
import { type Page, type PageRequest, pageByTime } from '../../domain/pages.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';

/** Somebody whom a user has blocked. */
export interface Block {
  uid: Uid;
  blockedAt: string;
}

/**
 * Blocks: between two people, one of whom has blocked the other, nothing is sent in their direct chat, either way. Groups
 * that both are in go on as before.
 */
export class Blocks {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Whom the user has blocked, the oldest block first. */
  async list(uid: Uid, request: PageRequest): Promise<Page<Block>> {
    const { redis, keys } = this.#store;
    const all = await redis.zrange(keys.blocks(uid), '0', '-1', 'WITHSCORES');
    return pageByTime(all, request, (peer, blockedAt) => ({ uid: peer as Uid, blockedAt }));
  }

  /** Blocks a person, who is not told. Once blocked, nothing happens. */
  async block(uid: Uid, peer: Uid): Promise<{ block: Block; created: boolean }> {
    const { created, blockedAtMs } = await this.#store.run(commands.block, { uid, peer });
    return { block: { uid: peer, blockedAt: new Date(blockedAtMs).toISOString() }, created };
  }

  /** Lifts a block; without one nothing happens. What was refused meanwhile does not arrive after all. */
  async unblock(uid: Uid, peer: Uid): Promise<void> {
    await this.#store.run(commands.unblock, { uid, peer });
  }
}
