import { type Fields, fieldsFrom, flatten } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import { checkFields, checkPatch } from '../../domain/fields.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Store } from '../../redis/store.ts';
import { quit } from '../members/commands.ts';
import * as commands from './commands.ts';

/** A user's profile. */
export interface User {
  uid: Uid;
  fields: Fields;
  createdAt: string;
}

/** Names that `u:<uid>` uses itself. */
const RESERVED: ReadonlySet<string> = new Set(['createdAt']);

/** People: profiles, and their removal. */
export class Users {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Creates a user, or replaces all fields of one. */
  async replace(uid: Uid, fields: Fields): Promise<{ user: User; created: boolean }> {
    const reply = await this.#put(uid, 'replace', checkFields(fields, RESERVED), []);
    return { user: userOf(uid, reply.createdAtMs!, reply.fields!), created: reply.outcome === 'created' };
  }

  /** Creates a user if there is none; one that exists is left as it is. Whoever is first makes it, whole. */
  async ensure(uid: Uid, fields: Fields): Promise<void> {
    await this.#put(uid, 'create', checkFields(fields, RESERVED), []);
  }

  /** Sets the given fields and removes those that are null; `user_not_found` if there is no such user. */
  async merge(uid: Uid, patch: Record<string, string | null>): Promise<User> {
    const { pairs, removed } = checkPatch(patch, RESERVED);
    const reply = await this.#put(uid, 'merge', pairs, removed);
    return userOf(uid, reply.createdAtMs!, reply.fields!);
  }

  /** One user; `user_not_found`. */
  async get(uid: Uid): Promise<User> {
    const [user] = await this.list([uid]);
    return user ?? refuse('user_not_found', uid);
  }

  /** Those of `uids` that exist, in the order asked. */
  async list(uids: readonly Uid[]): Promise<User[]> {
    const { redis, keys } = this.#store;
    const pipeline = redis.pipeline();
    for (const uid of uids) pipeline.hgetall(keys.user(uid));
    const replies = (await pipeline.exec()) ?? [];
    return replies.flatMap(([error, hash], index) => {
      if (error) throw error;
      const { createdAt, ...fields } = hash as Fields;
      if (createdAt === undefined) return [];
      return [userOf(uids[index]!, Number(createdAt), fieldsFrom(flatten(fields)))];
    });
  }

  /**
   * Removes a user: memberships, contacts, inbox and fields. Messages to others stay. Refused while the user owns a
   * group (`owner_must_hand_over`), before anything is changed. From the first step on there is no such user; where a
   * later one fails, a repeat finishes the removal (`outcome_unknown`), and so does a new user of the name.
   */
  async remove(uid: Uid): Promise<void> {
    await this.#store.run(commands.removeUser, uid);
    try {
      await this.#finishRemoval(uid);
    } catch (cause) {
      const detail = `"${uid}" is removed, but not from everything that it was in: repeat the request to finish.`;
      throw new ImError('outcome_unknown', detail, { cause });
    }
  }

  /** Finishes the removals that were interrupted, by the end of a node for example. */
  async finishRemovals(): Promise<void> {
    const { redis, keys } = this.#store;
    for (const uid of await redis.smembers(keys.removals())) await this.#finishRemoval(uid as Uid);
  }

  async #put(uid: Uid, mode: 'create' | 'replace' | 'merge', pairs: string[], removed: string[]) {
    const input = { uid, mode, pairs, removed };
    try {
      return await this.#store.run(commands.putUser, input);
    } catch (error) {
      // A former user of this name is still being removed.
      if (!(error instanceof ImError && error.code === 'outcome_unknown')) throw error;
      await this.#finishRemoval(uid);
      return this.#store.run(commands.putUser, input);
    }
  }

  async #finishRemoval(uid: Uid): Promise<void> {
    const { redis, keys } = this.#store;
    do {
      const logs = await redis.hkeys(keys.read(uid));
      for (const log of logs) if (log.startsWith('gs:')) await this.#leave(uid, log.slice(3) as Gid);
    } while (!(await this.#store.run(commands.finishRemoval, uid)));
  }

  async #leave(uid: Uid, gid: Gid): Promise<void> {
    const { redis, keys } = this.#store;
    try {
      await this.#store.run(quit, { gid, uid, actor: '' });
    } catch (error) {
      if (!(error instanceof ImError) || !['group_not_found', 'member_not_found'].includes(error.code)) throw error;
      // A mark without a membership (somebody edited the keys): nothing to leave, only the mark to drop.
      await redis.hdel(keys.read(uid), `gs:${gid}`);
    }
  }
}

function userOf(uid: Uid, createdAtMs: number, fields: Fields): User {
  return { uid, fields, createdAt: new Date(createdAtMs).toISOString() };
}
