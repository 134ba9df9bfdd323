import { type Actor, uidOf } from '../../domain/actor.ts';
import { groupLog } from '../../domain/conversations.ts';
import { type Fields, fieldsFrom, flatten } from '../../domain/entries.ts';
import { checkFields, checkPatch } from '../../domain/fields.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import type { Page, PageRequest } from '../../domain/pages.ts';
import type { GroupKind, HistoryPolicy, JoinPolicy, PostPolicy } from '../../domain/policy.ts';
import { refuse } from '../../domain/refusals.ts';
import { NameIndex } from '../../redis/name-index/name-index.ts';
import type { Store } from '../../redis/store.ts';
import type { Logs } from '../messages/logs.ts';
import * as commands from './commands.ts';

/** A group as anybody may see it. */
export interface Group {
  gid: Gid;
  owner: Uid;
  fields: Fields;
  joinPolicy: JoinPolicy;
  postPolicy: PostPolicy;
  historyPolicy: HistoryPolicy;
  kind: GroupKind;
  /** How many. */
  members: number;
  createdAt: string;
}

/** What is set beside a group's fields; what is absent stays as it is. */
interface Settings {
  joinPolicy?: JoinPolicy | undefined;
  postPolicy?: PostPolicy | undefined;
  historyPolicy?: HistoryPolicy | undefined;
  kind?: GroupKind | undefined;
  owner?: Uid | undefined;
}

/** Names that `gi:<gid>` uses itself. */
export const RESERVED_GROUP_FIELDS: ReadonlySet<string> = new Set([
  'master',
  'joinPolicy',
  'postPolicy',
  'historyPolicy',
  'createdAt',
  'incarnation',
  'kind',
]);

/** Groups: their fields, owner and policies. Members are told of every change by an event in the group's log. */
export class Groups {
  readonly #store: Store;
  readonly #logs: Logs;
  readonly #all: NameIndex<Gid>;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#logs = logs;
    const { keys } = store;
    this.#all = new NameIndex(store, {
      list: keys.groups(),
      whole: 'groupsIndexed',
      proof: 'master',
      keyOf: (name) => keys.group(name as Gid),
    });
  }

  /**
   * Creates a group, of which the actor (or, for the server, `owner`) is the owner and first member; or, for its owner
   * and admins, replaces all its fields. An absent policy is `open`, `members`, `all` at creation and unchanged later.
   */
  async put(actor: Actor, gid: Gid, body: Settings & { fields: Fields }): Promise<{ group: Group; created: boolean }> {
    const pairs = checkFields(body.fields, RESERVED_GROUP_FIELDS);
    const reply = await this.#change('replace', actor, gid, body, pairs, []);
    return { group: groupOf(gid, reply), created: reply.created };
  }

  /** Merges fields (null removes one); for the owner, changes policies and hands the group over to another member. */
  async patch(
    actor: Actor,
    gid: Gid,
    body: Settings & { fields?: Record<string, string | null> | undefined },
  ): Promise<Group> {
    const { pairs, removed } = checkPatch(body.fields ?? {}, RESERVED_GROUP_FIELDS);
    return groupOf(gid, await this.#change('merge', actor, gid, body, pairs, removed));
  }

  /** One group; `group_not_found`. */
  async get(gid: Gid): Promise<Group> {
    const [group] = await this.some([gid]);
    return group ?? refuse('group_not_found', gid);
  }

  /** Those of `gids` that exist, in the order asked. */
  async some(gids: readonly Gid[]): Promise<Group[]> {
    const { redis, keys } = this.#store;
    const found = await Promise.all(
      gids.map((gid) => Promise.all([redis.hgetall(keys.group(gid)), redis.scard(keys.members(gid))])),
    );
    return gids.flatMap((gid, i) => {
      const [hash, members] = found[i]!;
      const { master, createdAt, joinPolicy, postPolicy, historyPolicy, kind, incarnation: _, ...fields } = hash;
      if (master === undefined) return [];
      return groupOf(gid, {
        owner: master as Uid,
        fields: fieldsFrom(flatten(fields)),
        joinPolicy: (joinPolicy ?? 'open') as JoinPolicy,
        postPolicy: (postPolicy ?? 'members') as PostPolicy,
        historyPolicy: (historyPolicy ?? 'all') as HistoryPolicy,
        kind: (kind ?? 'group') as GroupKind,
        members,
        createdAtMs: Number(createdAt ?? 0),
      });
    });
  }

  /** All groups in the order of their gids. */
  async list(request: PageRequest): Promise<Page<Group>> {
    const page = await this.#all.page(request);
    return { ...page, items: await this.some(page.items) };
  }

  /** Removes a group with its messages, and tells its members. Owner or server; where there is none it changes nothing. */
  async remove(actor: Actor, gid: Gid): Promise<void> {
    const { left } = await this.#store.run(commands.removeGroup, { gid, actor: uidOf(actor) });
    this.#logs.forgetLog(groupLog(gid));
    if (left !== undefined) await this.#free(left);
  }

  /** Finishes removals of channels that were interrupted, by the end of a node for example. */
  async finishRemovals(): Promise<void> {
    const { redis, keys } = this.#store;
    for (const incarnation of await redis.hkeys(keys.channelRemovals())) await this.#free(incarnation);
  }

  /** From its first step on there is no such channel; what is left is done in small ones, and Redis alone knows of it. */
  async #free(incarnation: string): Promise<void> {
    while (!(await this.#store.run(commands.freeChannel, incarnation)).isDone);
  }

  #change(
    mode: 'replace' | 'merge',
    actor: Actor,
    gid: Gid,
    { owner, joinPolicy, postPolicy, historyPolicy, kind }: Settings,
    pairs: string[],
    removed: string[],
  ) {
    const settings = { owner, joinPolicy, postPolicy, historyPolicy, kind };
    return this.#store.run(commands.putGroup, { gid, mode, actor: uidOf(actor), ...settings, pairs, removed });
  }
}

function groupOf(gid: Gid, group: Omit<Group, 'gid' | 'createdAt'> & { createdAtMs: number }): Group {
  const { owner, fields, joinPolicy, postPolicy, historyPolicy, kind, members, createdAtMs } = group;
  const createdAt = new Date(createdAtMs).toISOString();
  return { gid, owner, fields, joinPolicy, postPolicy, historyPolicy, kind, members, createdAt };
}
