import { type Fields, fieldsFrom, flatten } from '../../domain/entries.ts';
import { ImError } from '../../domain/errors.ts';
import { checkPatch } from '../../domain/fields.ts';
import type { Uid } from '../../domain/names.ts';
import type { Page, PageRequest } from '../../domain/pages.ts';
import type { DirectPolicy } from '../../domain/policy.ts';
import { refuse } from '../../domain/refusals.ts';
import { NameIndex } from '../../redis/name-index/name-index.ts';
import type { Store } from '../../redis/store.ts';
import type { Logs } from '../messages/logs.ts';
import * as commands from './commands.ts';
import { Removals } from './removals.ts';

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
  readonly #removals: Removals;
  readonly #all: NameIndex<Uid>;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#removals = new Removals(store, logs);
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
    const found = await Promise.all(
      uids.map((uid) => Promise.all([redis.hgetall(keys.user(uid)), redis.hgetall(keys.attributes(uid))])),
    );
    return uids.flatMap((uid, i) => {
      const [{ createdAt, directPolicy, ...fields }, attributes] = found[i]!;
      if (createdAt === undefined) return [];
      return userOf(uid, {
        createdAtMs: Number(createdAt),
        fields: fieldsFrom(flatten(fields)),
        directPolicy: (directPolicy ?? 'anyone') as DirectPolicy,
        attributes: fieldsFrom(flatten(attributes)),
      });
    });
  }

  /** All users in the order of their uids. */
  async list(request: PageRequest): Promise<Page<User>> {
    const page = await this.#all.page(request);
    return { ...page, items: await this.some(page.items) };
  }

  /**
   * Removes a user: memberships, contacts, inbox and fields. Messages to others stay, or are erased. Refused while the user
   * owns a group (`owner_must_hand_over`), before anything is changed. From the first step on there is no such user; where
   * a later one fails, a repeat finishes the removal (`outcome_unknown`), and so does a new user of the name.
   */
  async remove(uid: Uid, { erasesMessages = false } = {}): Promise<void> {
    await this.#removals.remove(uid, erasesMessages);
  }

  /** Finishes the removals that were interrupted, by the end of a node for example. */
  async finishRemovals(): Promise<void> {
    await this.#removals.finishAll();
  }

  async #put(input: Parameters<typeof commands.putUser.args>[0]) {
    try {
      return await this.#store.run(commands.putUser, input);
    } catch (error) {
      // A former user of this name is still being removed.
      if (!(error instanceof ImError && error.code === 'outcome_unknown')) throw error;
      await this.#removals.finish(input.uid);
      return this.#store.run(commands.putUser, input);
    }
  }
}

function userOf(uid: Uid, { createdAtMs, fields, directPolicy, attributes }: commands.KeptUser): User {
  const beside = Object.keys(attributes).length > 0 ? { attributes } : {};
  return { uid, fields, ...beside, directPolicy, createdAt: new Date(createdAtMs).toISOString() };
}
