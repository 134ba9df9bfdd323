import { ImError } from '../errors.ts';
import { type Gid, groupLog, type Uid } from '../ids.ts';
import type { FieldsMode, GroupReply } from '../redis/scripts.ts';
import { type Actor, uidOf } from './actor.ts';
import { type ImContext, report } from './context.ts';
import { checkFields, checkPatch } from './fields.ts';
import type { Logs } from './logs.ts';
import { type Fields, fieldsFrom, flatten } from './message.ts';
import { settle } from './refusals.ts';

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
const RESERVED: ReadonlySet<string> = new Set(['master', 'joinPolicy', 'createdAt']);

/** Groups: their fields, owner and policy. Members are told of every change by an event in the group's log. */
export class Groups {
  readonly #context: ImContext;
  readonly #logs: Logs;

  constructor(context: ImContext, logs: Logs) {
    this.#context = context;
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
    return { group: groupOf(gid, reply), created: reply[0] === 'created' };
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
    const { redis, keys } = this.#context;
    const [info, members] = await Promise.all([redis.hgetall(keys.group(gid)), redis.scard(keys.members(gid))]);
    const { master, joinPolicy, createdAt, ...fields } = info;
    if (master === undefined) {
      throw new ImError('group_not_found', `There is no group "${gid}". Create it with PUT /v1/groups/${gid}.`);
    }
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
    const { redis, keys } = this.#context;
    const log = groupLog(gid);
    const [, refused, reason] = settle(
      await redis.imRemoveGroup(
        keys.group(gid),
        keys.members(gid),
        keys.log(log),
        keys.requests(gid),
        gid,
        uidOf(actor),
      ),
    );
    this.#logs.forgetLog(log);
    report(this.#context, refused, reason);
  }

  async #change(
    mode: FieldsMode,
    actor: Actor,
    gid: Gid,
    body: { joinPolicy?: JoinPolicy | undefined; owner?: Uid | undefined },
    pairs: string[],
    removed: string[],
  ): Promise<GroupReply> {
    const { redis, keys } = this.#context;
    const reply = settle(
      await redis.imGroup(
        keys.group(gid),
        keys.members(gid),
        gid,
        mode,
        uidOf(actor),
        body.owner ?? '',
        body.joinPolicy ?? '',
        pairs.length / 2,
        ...pairs,
        ...removed,
      ),
    );
    report(this.#context, reply[6], reply[7]);
    return reply;
  }
}

function groupOf(gid: Gid, reply: GroupReply): Group {
  const [, owner, joinPolicy, createdAt, members, flat] = reply as Extract<GroupReply, { length: 8 }>;
  return {
    gid,
    owner: owner as Uid,
    fields: fieldsFrom(flat),
    joinPolicy: joinPolicy as JoinPolicy,
    members,
    createdAt: new Date(Number(createdAt)).toISOString(),
  };
}
