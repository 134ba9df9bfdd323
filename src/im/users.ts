import { ImError } from '../errors.ts';
import type { Gid, Uid } from '../ids.ts';
import type { ImContext } from './context.ts';
import { checkFields, checkPatch } from './fields.ts';
import { type Fields, fieldsFrom, flatten } from './message.ts';
import { settle } from './refusals.ts';

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
  readonly #context: ImContext;

  constructor(context: ImContext) {
    this.#context = context;
  }

  /** Creates a user, or replaces all fields of one. */
  async replace(uid: Uid, fields: Fields): Promise<{ user: User; created: boolean }> {
    const pairs = checkFields(fields, RESERVED);
    const { redis, keys } = this.#context;
    const reply = await redis.imUser(keys.user(uid), uid, 'replace', pairs.length / 2, ...pairs);
    settle(reply);
    return { user: userOf(uid, reply[1], reply[2] as string[]), created: reply[0] === 'created' };
  }

  /** Creates a user if there is none; one that exists is left as it is. Whoever is first makes it, whole. */
  async ensure(uid: Uid, fields: Fields): Promise<void> {
    const pairs = checkFields(fields, RESERVED);
    const { redis, keys } = this.#context;
    settle(await redis.imUser(keys.user(uid), uid, 'create', pairs.length / 2, ...pairs));
  }

  /** Sets the given fields and removes those that are null; `user_not_found` if there is no such user. */
  async merge(uid: Uid, patch: Record<string, string | null>): Promise<User> {
    const { pairs, removed } = checkPatch(patch, RESERVED);
    const { redis, keys } = this.#context;
    const reply = await redis.imUser(keys.user(uid), uid, 'merge', pairs.length / 2, ...pairs, ...removed);
    settle(reply);
    return userOf(uid, reply[1], reply[2] as string[]);
  }

  /** One user; `user_not_found`. */
  async get(uid: Uid): Promise<User> {
    const [user] = await this.list([uid]);
    if (!user) throw new ImError('user_not_found', `There is no user "${uid}". Create it with PUT /v1/users/${uid}.`);
    return user;
  }

  /** Those of `uids` that exist, in the order asked. */
  async list(uids: readonly Uid[]): Promise<User[]> {
    const { redis, keys } = this.#context;
    const pipeline = redis.pipeline();
    for (const uid of uids) pipeline.hgetall(keys.user(uid));
    const replies = (await pipeline.exec()) ?? [];
    return replies.flatMap(([error, hash], index) => {
      if (error) throw error;
      const flat = Object.entries(hash as Fields).flat();
      if (flat.length === 0) return [];
      const { createdAt, ...fields } = hash as Fields;
      return [userOf(uids[index]!, createdAt ?? '0', flatten(fields))];
    });
  }

  /**
   * Removes a user: memberships, contacts, inbox and fields. Messages to others stay. Refused while the user owns a
   * group (`owner_must_hand_over`), before anything is changed. Safe to repeat after a failure half-way.
   */
  async remove(uid: Uid): Promise<void> {
    const { redis, keys } = this.#context;
    for (;;) {
      await this.#leaveGroups(uid);
      const reply = await redis.imRemoveUser(keys.user(uid), keys.contacts(uid), keys.inbox(uid), keys.read(uid), uid);
      // Joined another group in between: leave that one as well.
      if ((reply[0] as string) === 'still_member') continue;
      settle(reply);
      return;
    }
  }

  async #leaveGroups(uid: Uid): Promise<void> {
    const { redis, keys } = this.#context;
    const logs = await redis.hkeys(keys.read(uid));
    const gids = logs.filter((log) => log.startsWith('gs:')).map((log) => log.slice(3) as Gid);
    const owned: Gid[] = [];
    for (const gid of gids) if ((await redis.hget(keys.group(gid), 'master')) === uid) owned.push(gid);
    if (owned.length > 0) {
      throw new ImError(
        'owner_must_hand_over',
        `"${uid}" owns ${owned.map((gid) => `"${gid}"`).join(', ')}. Hand each over (PATCH {"owner": …}) or delete it first.`,
      );
    }
    for (const gid of gids) {
      const [outcome] = await redis.imQuit(keys.group(gid), keys.members(gid), gid, uid, '');
      // A mark without a membership (somebody edited the keys): nothing to leave, only the mark to drop.
      if (outcome !== 'left') await redis.hdel(keys.read(uid), `gs:${gid}`);
    }
  }
}

function userOf(uid: Uid, createdAtMs: string, flat: string[]): User {
  return { uid, fields: fieldsFrom(flat), createdAt: new Date(Number(createdAtMs)).toISOString() };
}
