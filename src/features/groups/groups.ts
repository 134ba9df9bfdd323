import { type Actor, uidOf } from '../../domain/actor.ts';
import { groupLog } from '../../domain/conversations.ts';
import { type Fields, fieldsFrom, flatten } from '../../domain/entries.ts';
import { checkFields, checkPatch } from '../../domain/fields.ts';
import type { Gid, Uid } from '../../domain/names.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Store } from '../../redis/store.ts';
import type { Logs } from '../messages/logs.ts';
import * as commands from './commands.ts';

/** How one becomes a member without the owner's doing: at once, after the owner's approval, or not at all. */
export type JoinPolicy = 'open' | 'approval' | 'closed';

/** A group as anybody may see it. */
export interface Group {
  gid: Gid;
  owner: Uid;
  fields: Fields;
  joinPolicy: JoinPolicy;
  /** How many. */
  members: number;
  createdAt: string;
}

/** Names that `gi:<gid>` uses itself. */
const RESERVED: ReadonlySet<string> = new Set(['master', 'joinPolicy', 'createdAt', 'incarnation']);

/** Groups: their fields, owner and policy. Members are told of every change by an event in the group's log. */
export class Groups {
  readonly #store: Store;
  readonly #logs: Logs;

  constructor(store: Store, logs: Logs) {
    this.#store = store;
    this.#logs = logs;
  }

  /**
   * Creates a group, of which the actor (or, for the server, `owner`) is the owner and first member; or, for its owner,
   * replaces all its fields. An absent joinPolicy is `open` at creation and unchanged later.
   */
  async put(
    actor: Actor,
    gid: Gid,
    body: { fields: Fields; joinPolicy?: JoinPolicy | undefined; owner?: Uid | undefined },
  ): Promise<{ group: Group; created: boolean }> {
    const pairs = checkFields(body.fields, RESERVED);
    const reply = await this.#change('replace', actor, gid, body, pairs, []);
    return { group: groupOf(gid, reply), created: reply.created };
  }

  /** Merges fields (null removes one), changes the policy, hands the group over to another member. */
  async patch(
    actor: Actor,
    gid: Gid,
    body: {
      fields?: Record<string, string | null> | undefined;
      joinPolicy?: JoinPolicy | undefined;
      owner?: Uid | undefined;
    },
  ): Promise<Group> {
    const { pairs, removed } = checkPatch(body.fields ?? {}, RESERVED);
    return groupOf(gid, await this.#change('merge', actor, gid, body, pairs, removed));
  }

  /** One group; `group_not_found`. */
  async get(gid: Gid): Promise<Group> {
    const { redis, keys } = this.#store;
    const [info, members] = await Promise.all([redis.hgetall(keys.group(gid)), redis.scard(keys.members(gid))]);
    const { master, joinPolicy, createdAt, incarnation: _, ...fields } = info;
    if (master === undefined) refuse('group_not_found', gid);
    return {
      gid,
      owner: master as Uid,
      fields: fieldsFrom(flatten(fields)),
      joinPolicy: (joinPolicy ?? 'open') as JoinPolicy,
      members,
      createdAt: new Date(Number(createdAt ?? 0)).toISOString(),
    };
  }

  /** Removes a group with its messages, and tells its members. Owner or server. */
  async remove(actor: Actor, gid: Gid): Promise<void> {
    await this.#store.run(commands.removeGroup, { gid, actor: uidOf(actor) });
    this.#logs.forgetLog(groupLog(gid));
  }

  #change(
    mode: 'replace' | 'merge',
    actor: Actor,
    gid: Gid,
    { owner, joinPolicy }: { joinPolicy?: JoinPolicy | undefined; owner?: Uid | undefined },
    pairs: string[],
    removed: string[],
  ) {
    return this.#store.run(commands.putGroup, { gid, mode, actor: uidOf(actor), owner, joinPolicy, pairs, removed });
  }
}

type PutReply = ReturnType<(typeof commands.putGroup)['decode']>;

function groupOf(gid: Gid, { owner, joinPolicy, createdAtMs, members, fields }: PutReply): Group {
  return {
    gid,
    owner,
    fields,
    joinPolicy: joinPolicy as JoinPolicy,
    members,
    createdAt: new Date(createdAtMs).toISOString(),
  };
}
