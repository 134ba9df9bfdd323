import type { LogName } from '../domain/conversations.ts';
import type { FileId } from '../domain/files.ts';
import type { Gid, Uid } from '../domain/names.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';

/** What a named space's keys begin with, after the partition's prefix: no other key has an `@` there. */
const OF_SPACE = /@([^@:]+):$/;

/**
 * Every key name of a space; nothing else in the project spells one. Shared Lua (`lua/names.lua`) mirrors those that a
 * script computes from data, and a test compares the two.
 */
export class Keys {
  readonly prefix: string;
  /** The prefix of the partition, whose feed and signals all its spaces share: {@link prefix} itself in the default space. */
  readonly partition: string;
  readonly space: SpaceName;

  /** @param prefix the partition's, and `@<name>:` of a named space */
  constructor(prefix: string) {
    this.prefix = prefix;
    this.partition = prefix.replace(OF_SPACE, '');
    this.space = (OF_SPACE.exec(prefix)?.[1] ?? DEFAULT_SPACE) as SpaceName;
  }

  /** Those of another space of the partition. */
  of(space: SpaceName): Keys {
    if (space === this.space) return this;
    return new Keys(space === DEFAULT_SPACE ? this.partition : `${this.partition}@${space}:`);
  }

  /** hash: schema version, epoch, settings that must not change */
  readonly meta = () => `${this.prefix}im:meta`;
  /** hash: the same of the partition, which is that of its default space */
  readonly partitionMeta = () => `${this.partition}im:meta`;
  /** hash: name → what is set up for each named space, as JSON */
  readonly spaces = () => `${this.partition}im:spaces`;
  /** zset: the names of all named spaces, in bytewise order */
  readonly spaceNames = () => `${this.partition}im:space-names`;
  /** hash: issuer and audience → the space whose tokens have them */
  readonly issuers = () => `${this.partition}im:issuers`;
  /** stream: every delivery, for the nodes to read */
  readonly feed = () => `${this.partition}feed`;
  /** stream: what need not last, for the nodes to tell whoever listens right now */
  readonly signals = () => `${this.partition}signals`;
  /** set: the named spaces of the partition in which the removal of a user or a channel may have begun and not ended */
  readonly unfinished = () => `${this.partition}im:unfinished`;
  /** stream: everything that is decided in the space, while somebody wants it */
  readonly journal = () => `${this.prefix}journal`;
  /** hash: name → what is known of a consumer of the journal */
  readonly journalConsumers = () => `${this.prefix}im:journal-consumers`;
  /** hash: id → what is set up for a webhook, as JSON */
  readonly webhooks = () => `${this.prefix}im:webhooks`;
  /** hash: how a webhook fares */
  readonly webhookState = (id: string) => `${this.prefix}wh:${id}`;
  /** zset: events that are to be sent again, scored by when */
  readonly retries = (id: string) => `${this.prefix}wr:${id}`;
  /** hash: event → how often it was tried, and what the journal had of it */
  readonly retried = (id: string) => `${this.prefix}wj:${id}`;
  /** stream: what was sent, or tried to be */
  readonly deliveries = (id: string) => `${this.prefix}wd:${id}`;
  /** set: the spaces of the partition that have webhooks; the default one is `''` */
  readonly webhookSpaces = () => `${this.partition}im:webhook-spaces`;
  /** string: the node that sends webhooks */
  readonly webhookLease = () => `${this.partition}im:webhook-lease`;
  /** hash: device → where notifications of this user are pushed to */
  readonly devices = (uid: Uid) => `${this.prefix}dv:${uid}`;
  /** set: the users who have devices */
  readonly usersWithDevices = () => `${this.prefix}im:devices`;
  /** hash: digest of a push address → whose device has it */
  readonly pushAddresses = () => `${this.prefix}im:push-addresses`;
  /** set: the spaces of the partition in which somebody has a device; the default one is `''` */
  readonly pushSpaces = () => `${this.partition}im:push-spaces`;
  /** string: the node that pushes */
  readonly pushLease = () => `${this.partition}im:push-lease`;
  /** hash: the user's fields */
  readonly user = (uid: Uid) => `${this.prefix}u:${uid}`;
  /** hash: what server keys say of the user */
  readonly attributes = (uid: Uid) => `${this.prefix}ua:${uid}`;
  /** stream: the user's inbox */
  readonly inbox = (uid: Uid) => `${this.prefix}s:${uid}`;
  /** zset: the user's contacts, as conversations, scored by when they were linked */
  readonly contacts = (uid: Uid) => `${this.prefix}c:${uid}`;
  /** hash: log → how far this user has read it */
  readonly read = (uid: Uid) => `${this.prefix}rd:${uid}`;
  /** hash: uid → up to where that user lets the others of a conversation know that it has read */
  readonly receipts = (log: LogName) => `${this.prefix}rc:${log}`;
  /** zset: node → when it last had an open stream of the user, and `gone` → when the last one was closed */
  readonly presence = (uid: Uid) => `${this.prefix}pr:${uid}`;
  /** string: this user has just told the conversation that it is typing */
  readonly typing = (log: LogName, uid: Uid) => `${this.prefix}ty:${log}:${uid}`;
  /** hash: log → the message below which this user reads nothing, since a former user of the name was told it */
  readonly floors = (uid: Uid) => `${this.prefix}fl:${uid}`;
  /** set: the groups that this user has asked to join */
  readonly requested = (uid: Uid) => `${this.prefix}rq:${uid}`;
  /** zset: whom this user has blocked, scored by when */
  readonly blocks = (uid: Uid) => `${this.prefix}bl:${uid}`;
  /** set: who has blocked this user */
  readonly blockedBy = (uid: Uid) => `${this.prefix}bb:${uid}`;
  /** set: the groups that hold something against this user, who is none of their members: a ban, or a silence that goes on */
  readonly sanctions = (uid: Uid) => `${this.prefix}sn:${uid}`;
  /** hash: log → the group's incarnation, of the groups that this user has left, so that what it wrote there is found */
  readonly left = (uid: Uid) => `${this.prefix}lf:${uid}`;
  /** hash: log → up to where the messages of a user who is being removed are erased; `''` once all are */
  readonly erasure = (uid: Uid) => `${this.prefix}re:${uid}`;
  /** hash: what is known of the last user of this name that was removed */
  readonly removedUser = (uid: Uid) => `${this.prefix}ru:${uid}`;
  /** set: the users whose removal has begun and not ended */
  readonly removals = () => `${this.prefix}im:removals`;
  /** zset: uid → until when tokens are refused that were issued for it, s since 1970 */
  readonly revoked = () => `${this.prefix}im:revoked`;
  /** hash: the group's fields, `master`, `joinPolicy` and the like */
  readonly group = (gid: Gid) => `${this.prefix}gi:${gid}`;
  /** set: the members' uids */
  readonly members = (gid: Gid) => `${this.prefix}gm:${gid}`;
  /** zset: who asked to join, scored by when */
  readonly requests = (gid: Gid) => `${this.prefix}gq:${gid}`;
  /** what a removed channel has left to be freed, of its {@link members}, {@link roles}, {@link bans} and {@link requests} */
  readonly removedChannel = (part: 'gm' | 'gr' | 'gb' | 'gq', incarnation: string) =>
    `${this.prefix}rg:${part}:${incarnation}`;
  /** hash: incarnation of a channel whose removal has begun and not ended → its gid and its owner */
  readonly channelRemovals = () => `${this.prefix}im:channel-removals`;
  /** hash: uid → role and until when silenced, of the members that are not plain ones */
  readonly roles = (gid: Gid) => `${this.prefix}gr:${gid}`;
  /** zset: who is banned, scored by since when */
  readonly bans = (gid: Gid) => `${this.prefix}gb:${gid}`;
  /** zset: who is suspended, scored by since when */
  readonly suspended = () => `${this.prefix}im:suspended`;
  /** zset: all uids, in bytewise order */
  readonly users = () => `${this.prefix}im:users`;
  /** zset: all gids, in bytewise order */
  readonly groups = () => `${this.prefix}im:groups`;
  /** stream: a conversation's log, `gs:<gid>` or `ds:<lo>:<hi>` */
  readonly log = (log: LogName) => `${this.prefix}${log}`;
  /** hash: what is kept of a log's messages beside it, `<seq>:<what>`: edits, reactions, how many replies */
  readonly messageState = (log: LogName) => `${this.prefix}ms:${log}`;
  /** zset: the names in {@link messageState}, scored by seq */
  readonly changed = (log: LogName) => `${this.prefix}ch:${log}`;
  /** zset: what stands in place of erased messages, scored by seq */
  readonly erased = (log: LogName) => `${this.prefix}er:${log}`;
  /** zset: replies, scored by the seq of the message that they reply to */
  readonly replies = (log: LogName) => `${this.prefix}rp:${log}`;
  /** zset: the messages that mention everybody, scored by seq */
  readonly mentionsOfAll = (log: LogName) => `${this.prefix}ma:${log}`;
  /** hash: log → the messages that mention this user and are not read */
  readonly mentions = (uid: Uid) => `${this.prefix}mn:${uid}`;
  /** hash: log → this user's own settings of the conversation */
  readonly settings = (uid: Uid) => `${this.prefix}cs:${uid}`;
  /** hash: what is known of a file */
  readonly file = (id: FileId) => `${this.prefix}fi:${id}`;
  /** zset: the messages that carry a file, in bytewise order */
  readonly fileMessages = (id: FileId) => `${this.prefix}fm:${id}`;
  /** hash: file → its bytes, of this user's files that no message carries */
  readonly pendingFiles = (uid: Uid) => `${this.prefix}fp:${uid}`;
  /** zset: all files, scored by when the janitor looks at one next */
  readonly files = () => `${this.prefix}im:files`;
  /** set: the files that are gone, and whose bytes are still to be removed */
  readonly fileRemovals = () => `${this.prefix}im:file-removals`;
  /** string: the node whose janitor is looking at files; expires */
  readonly filesLease = () => `${this.prefix}im:files-lease`;
  /** string: makes a send idempotent */
  readonly idempotency = (log: LogName, from: Uid, clientMessageId: string) =>
    `${this.prefix}i:${log}:${from}:${clientMessageId}`;
}
