import type { LogName } from '../../domain/conversations.ts';
import { ImError } from '../../domain/errors.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { Store } from '../../redis/store.ts';
import { quit } from '../members/commands.ts';
import type { Logs } from '../messages/logs.ts';
import * as commands from './commands.ts';

/**
 * Removals of users. From the first step on there is no such user; the others are small, and what is left of them is known to
 * Redis alone: any node goes on where another one has stopped, and two that do it at once do it once.
 */
export class Removals {
  readonly #store: Store;
  readonly #logs: Logs;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#logs = logs;
  }

  /**
   * Removes a user. A repeat finishes what has failed (`outcome_unknown`); `user_not_found`, `owner_must_hand_over`, and
   * `update_pending` where messages are to be erased, before anything is changed.
   *
   * @param erasesMessages whether what the user has sent is erased, in the groups that it has left, too
   */
  async remove(uid: Uid, erasesMessages: boolean): Promise<void> {
    const { isBegun } = await this.#store.run(commands.removeUser, { uid, erasesMessages });
    // Done before: whoever has the name by now is another one.
    if (!isBegun) return;
    try {
      await this.finish(uid);
    } catch (cause) {
      const detail = `"${uid}" is removed, but not from everything that it was in: repeat the request to finish.`;
      throw new ImError('outcome_unknown', detail, { cause });
    }
  }

  /** Finishes a removal that has begun. */
  async finish(uid: Uid): Promise<void> {
    const { redis, keys } = this.#store;
    do {
      await this.#eraseMessages(uid);
      const logs = await redis.hkeys(keys.read(uid));
      for (const log of logs) if (log.startsWith('gs:')) await this.#leave(uid, log.slice(3) as Gid);
    } while (!(await this.#store.run(commands.finishRemoval, uid)));
  }

  /** Finishes those that were interrupted, by the end of a node for example. */
  async finishAll(): Promise<void> {
    const { redis, keys } = this.#store;
    for (const uid of await redis.smembers(keys.removals())) await this.finish(uid as Uid);
  }

  /** Whoever is in the conversations is told while the user is still among the members. */
  async #eraseMessages(uid: Uid): Promise<void> {
    const { redis, keys } = this.#store;
    for (const log of (await redis.hkeys(keys.erasure(uid))) as LogName[]) {
      let isDone = false;
      while (!isDone) {
        const page = await this.#store.run(commands.eraseMessages, { uid, log });
        for (const id of page.erased) this.#logs.forget({ log, id });
        isDone = page.isDone;
      }
    }
  }

  async #leave(uid: Uid, gid: Gid): Promise<void> {
    const { redis, keys } = this.#store;
    const { wasMember } = await this.#store.run(quit, { gid, uid, actor: '' }).catch((error: unknown) => {
      if (error instanceof ImError && error.code === 'group_not_found') return { wasMember: false };
      throw error;
    });
    // A mark without a membership (somebody edited the keys): nothing to leave, only the mark to drop.
    if (!wasMember) await redis.hdel(keys.read(uid), `gs:${gid}`);
  }
}
