import { type Fields, fieldsFrom, flatten } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import { checkPatch } from '../../domain/fields.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { Page, PageRequest } from '../../domain/pages.ts';
import type { DirectPolicy } from '../../domain/policy.ts';
import { refuse } from '../../domain/refusals.ts';
import { NameIndex } from '../../redis/name-index/name-index.ts';
import type { Store } from '../../redis/store.ts';
import { quit } from '../members/commands.ts';
import * as commands from './commands.ts';

/** A user's profile. */
export interface User {
  uid: Uid;
  fields: Fields;
  /** What server keys say of the user; absent if nothing. */
  attributes?: Fields;
  /** Whose direct messages the user takes. */
  directPolicy: DirectPolicy;
  createdAt: string;
}

/** What can be given beside the fields; what is absent stays as it is. */
interface Beside<Change> {
  attributes?: Change | undefined;
  directPolicy?: DirectPolicy | undefined;
}

type Patch = Record<string, string | null>;

/** Names that `u:<uid>` uses itself. */
const RESERVED: ReadonlySet<string> = new Set(['createdAt', 'directPolicy']);
const NONE: ReadonlySet<string> = new Set();

/** People: profiles, and their removal. */
export class Users {
  readonly #store: Store;
  readonly #all: NameIndex<Uid>;

  constructor(store: Store) {
    this.#store = store;
    const { keys } = store;
    this.#all = new NameIndex(store, {
      list: keys.users(),
      whole: 'usersIndexed',
      proof: 'createdAt',
      keyOf: (name) => keys.user(name as Uid),
    });
  }

  /** Creates a user, or replaces all fields of one, and all attributes where there are new ones. */
  async replace(uid: Uid, fields: Fields, { attributes, directPolicy }: Beside<Fields> = {}) {
    const { outcome, ...kept } = await this.#put({
      uid,
      mode: 'replace',
      fields: checkPatch(fields, RESERVED),
      attributes: attributes && checkPatch(attributes, NONE),
      directPolicy,
    });
    return { user: userOf(uid, kept as commands.KeptUser), created: outcome === 'created' };
  }

  /** Creates a user if there is none; one that exists is left as it is. Whoever is first makes it, whole. */
  async ensure(uid: Uid, fields: Fields): Promise<void> {
    await this.#put({ uid, mode: 'create', fields: checkPatch(fields, RESERVED) });
  }

  /** Sets the given fields and attributes and removes those that are null; `user_not_found` if there is no such user. */
  async merge(uid: Uid, patch: Patch, { attributes, directPolicy }: Beside<Patch> = {}): Promise<User> {
    const kept = await this.#put({
      uid,
      mode: 'merge',
      fields: checkPatch(patch, RESERVED),
      attributes: attributes && checkPatch(attributes, NONE),
      directPolicy,
    });
    return userOf(uid, kept as commands.KeptUser);
  }

  /** One user; `user_not_found`. */
  async get(uid: Uid): Promise<User> {
    const [user] = await this.some([uid]);
    return user ?? refuse('user_not_found', uid);
  }

  /** Those of `uids` that exist, in the order asked. */
  async some(uids: readonly Uid[]): Promise<User[]> {
    const { redis, keys } = this.#store;
    if (uids.length === 0) return [];
    const pipeline = redis.pipeline();
    for (const uid of uids) pipeline.hgetall(keys.user(uid)).hgetall(keys.attributes(uid));
    const replies = (await pipeline.exec()) ?? [];
    return uids.flatMap((uid, i) => {
      const [[error, hash], [otherError, attributes]] = [replies[2 * i]!, replies[2 * i + 1]!];
      if (error || otherError) throw error ?? otherError;
      const { createdAt, directPolicy, ...fields } = hash as Fields;
      if (createdAt === undefined) return [];
      return userOf(uid, {
        createdAtMs: Number(createdAt),
        fields: fieldsFrom(flatten(fields)),
        directPolicy: (directPolicy ?? 'anyone') as DirectPolicy,
        attributes: fieldsFrom(flatten(attributes as Fields)),
      });
    });
  }

  /** All users in the order of their uids. */
  async list(request: PageRequest): Promise<Page<User>> {
    const page = await this.#all.page(request);
    return { ...page, items: await this.some(page.items) };
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

  async #put(input: Parameters<typeof commands.putUser.args>[0]) {
    try {
      return await this.#store.run(commands.putUser, input);
    } catch (error) {
      // A former user of this name is still being removed.
      if (!(error instanceof ImError && error.code === 'outcome_unknown')) throw error;
      await this.#finishRemoval(input.uid);
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
    const { wasMember } = await this.#store.run(quit, { gid, uid, actor: '' }).catch((error: unknown) => {
      if (error instanceof ImError && error.code === 'group_not_found') return { wasMember: false };
      throw error;
    });
    // A mark without a membership (somebody edited the keys): nothing to leave, only the mark to drop.
    if (!wasMember) await redis.hdel(keys.read(uid), `gs:${gid}`);
  }
}

function userOf(uid: Uid, { createdAtMs, fields, directPolicy, attributes }: commands.KeptUser): User {
  const beside = Object.keys(attributes).length > 0 ? { attributes } : {};
  return { uid, fields, ...beside, directPolicy, createdAt: new Date(createdAtMs).toISOString() };
}
