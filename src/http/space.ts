import type { Config } from '../config/config.ts';
import type { Hub } from '../delivery/hub.ts';
import { ImError } from '../domain/errors.ts';
import { refuse, spacePaused } from '../domain/refusals.ts';
import { DEFAULT_SPACE, type SpaceName } from '../domain/spaces.ts';
import { Bans } from '../features/bans/bans.ts';
import { Blocks } from '../features/blocks/blocks.ts';
import { Contacts } from '../features/contacts/contacts.ts';
import { Conversations } from '../features/conversations/conversations.ts';
import { Exports } from '../features/export/exports.ts';
import type { FileStore } from '../features/files/file-store.ts';
import { Files } from '../features/files/files.ts';
import { LogReader } from '../features/following/log-reader.ts';
import { Groups } from '../features/groups/groups.ts';
import { Inbox } from '../features/inbox/inbox.ts';
import { Consumers } from '../features/journal/consumers.ts';
import { Journal } from '../features/journal/journal.ts';
import { Members } from '../features/members/members.ts';
import { Asking } from '../features/messages/asking.ts';
import { Editing } from '../features/messages/editing.ts';
import type { EntryCache } from '../features/messages/entry-cache.ts';
import { History } from '../features/messages/history.ts';
import { Logs } from '../features/messages/logs.ts';
import { Messages } from '../features/messages/messages.ts';
import type { Senders } from '../features/messages/sender.ts';
import type { BeforeSend } from '../features/moderation/before-send.ts';
import { Presence } from '../features/presence/presence.ts';
import { Devices } from '../features/push/devices.ts';
import type { WebPush } from '../features/push/web-push.ts';
import { Reactions } from '../features/reactions/reactions.ts';
import type { SpaceRecord } from '../features/spaces/space-record.ts';
import { Revocations } from '../features/tokens/revocations.ts';
import { Typing } from '../features/typing/typing.ts';
import { Users } from '../features/users/users.ts';
import { Deliveries } from '../features/webhooks/deliveries.ts';
import type { Egress } from '../features/webhooks/egress.ts';
import { Webhooks } from '../features/webhooks/webhooks.ts';
import type { Logger } from '../redis/logger.ts';
import type { Store } from '../redis/store.ts';
import { type TokenSettings, Tokens } from './auth/tokens.ts';
import type { Metrics } from './metrics.ts';
import { TokenBuckets } from './plugins/token-buckets.ts';

/** What the spaces of a node share. */
export interface SpaceContext {
  config: Config;
  /** Of the default space. */
  store: Store;
  log: Logger;
  metrics: Metrics;
  /** Where the bytes of files are; absent where there are none. */
  fileBytes: FileStore | undefined;
  /** What webhooks are sent through. */
  egress: Egress;
  /** Asked before a message is sent; absent where nobody is. */
  beforeSend: BeforeSend | undefined;
  /** Absent where Web Push is off. */
  webPush: WebPush | undefined;
  /** Recent messages. */
  recent: EntryCache;
  /** What brings messages to Redis, for all spaces of a partition together. */
  senders: Senders;
  /** Known once delivery is made, which needs the spaces. */
  hub: () => Hub;
  /** How long ago the feed of a partition was last read to its end, ms; of the default space's, where none is named. */
  feedLagMs: (partition?: string) => number;
}

/** Everything of one space that routes work with. What is set up for it does not change: then another one is made. */
export class Space {
  readonly name: SpaceName;
  readonly store: Store;
  /** As what is set up was read: JSON; `''` of the default space. */
  readonly source: string;
  readonly tokens: Tokens;
  readonly revocations: Revocations;
  readonly logs: Logs;
  readonly users: Users;
  readonly contacts: Contacts;
  readonly blocks: Blocks;
  readonly groups: Groups;
  readonly members: Members;
  readonly bans: Bans;
  readonly messages: Messages;
  readonly history: History;
  readonly editing: Editing;
  readonly reactions: Reactions;
  readonly conversations: Conversations;
  readonly exports: Exports;
  readonly files: Files;
  readonly typing: Typing;
  /** Absent where nobody is to know who is there. */
  readonly presence: Presence | undefined;
  readonly inbox: Inbox;
  readonly logReader: LogReader;
  readonly journal: Journal;
  readonly consumers: Consumers;
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  readonly devices: Devices;
  /** When it was last asked for, ms since 1970. */
  usedAt = Date.now();
  readonly #state: SpaceRecord['state'];

  /** @param revocations those of the space that this one takes the place of */
  constructor(context: SpaceContext, name: SpaceName, set: SetUp, revocations?: Revocations) {
    const { config, log, metrics } = context;
    const store = context.store.of(name, set.partition);
    this.name = name;
    this.store = store;
    this.source = set.source;
    this.#state = set.state;
    this.tokens = new Tokens(set.tokens);
    this.revocations =
      revocations ??
      new Revocations(
        store,
        () => context.feedLagMs(store.partition),
        (uid, why) => context.hub().tokensEnded(name, uid, why),
      );
    this.logs = new Logs(store, context.recent);
    this.users = new Users(store, this.logs);
    this.contacts = new Contacts(store);
    this.blocks = new Blocks(store);
    this.groups = new Groups(store, this.logs);
    this.members = new Members(store);
    this.bans = new Bans(store);
    this.history = new History(store);
    const asking = context.beforeSend && new Asking(store, context.beforeSend);
    const retains = config.logMax > 0 || config.logDays > 0;
    this.messages = new Messages(
      {
        store,
        sender: context.senders.of(store),
        asking,
        admit: sendsLimit(set.sendsPerSecond),
        sent: (outcome) => metrics.countSend(outcome, name),
        grown: (grown) => {
          if (!retains) return;
          this.history.trim(grown).catch((error: unknown) => {
            log.warn({ err: error, log: grown, ...label(name) }, 'a log could not be trimmed');
          });
        },
      },
      config.idempotencyTtl,
    );
    this.editing = new Editing(store, this.logs, config.editWindow, asking);
    this.reactions = new Reactions(store);
    this.conversations = new Conversations(store);
    this.exports = new Exports(this);
    const { fileMax: maxBytes, filePendingMax: maxPendingBytes } = config;
    this.files = new Files({ store, bytes: context.fileBytes, log, maxBytes, maxPendingBytes });
    this.typing = new Typing(store);
    this.presence = config.presence ? new Presence(store) : undefined;
    this.inbox = new Inbox(store, this.logs);
    this.logReader = new LogReader(store, this.logs);
    this.journal = new Journal(store, this.logs, config.pushText);
    this.consumers = new Consumers(store);
    this.webhooks = new Webhooks(store, this.consumers, (url) => context.egress.check(url));
    this.deliveries = new Deliveries(store, this.webhooks);
    this.devices = new Devices({ store, consumers: this.consumers, checkEndpoint: endpointCheckOf(context) });
  }

  /** Refuses what comes while the space takes nothing: `space_removed`, or `unavailable` while it is paused. */
  check(): void {
    if (this.#state === 'removing') refuse('space_removed', this.name);
    if (this.#state === 'paused') throw spacePaused();
  }
}

/** What is set up for a space, as far as it matters here. */
export interface SetUp {
  source: string;
  state: SpaceRecord['state'];
  tokens: TokenSettings;
  sendsPerSecond?: number | undefined;
  /** The partition that has its keys, where another one than its name says. */
  partition?: string | undefined;
}

/** How the default space is set up: by the configuration. */
export function defaultSetUp(config: Config): SetUp {
  const tokens = config.spaces ? { ...config, space: DEFAULT_SPACE } : config;
  return { source: '', state: 'active', tokens };
}

/** How a named space is set up: by what the registry has. Nothing of the default space's credentials is good there. */
export function setUpOf(name: SpaceName, source: string, record: SpaceRecord, config: Config): SetUp {
  const { jwks, secret, jwtSecret, serverKeys, createdAt } = record;
  const issuer = jwks ? { jwksUrl: jwks.url, jwtIssuer: jwks.issuer, jwtAudience: jwks.audience } : {};
  return {
    source,
    state: record.state,
    sendsPerSecond: record.limits.sendsPerSecond,
    partition: record.partition,
    tokens: {
      apiKeys: [],
      serverKeys,
      space: name,
      jwtSecret: jwtSecret ?? secret,
      ticketSecret: secret,
      notBefore: Math.floor(createdAt / 1_000),
      ...issuer,
      jwtAlgorithms: config.jwtAlgorithms,
      jwtUidClaim: config.jwtUidClaim,
    },
  };
}

/** What a log line says of a space; nothing of the default one. */
export function label(name: SpaceName): { space?: SpaceName } {
  return name === DEFAULT_SPACE ? {} : { space: name };
}

/** What says what is wrong with where a push is to go; absent where Web Push is off. */
function endpointCheckOf({ webPush, egress }: SpaceContext): ((url: string) => void) | undefined {
  return webPush && ((url) => egress.check(url, { name: 'push', isSecure: true }));
}

/** Refuses the sends that are too many. */
function sendsLimit(perSecond: number | undefined): () => void {
  if (perSecond === undefined) return () => {};
  const buckets = new TokenBuckets({ perSecond, burst: perSecond });
  return () => {
    const { allowed, nextIn } = buckets.take('sends');
    if (allowed) return;
    throw new ImError('too_many_requests', `The space may send ${perSecond} messages a second. Try again.`, {
      retryAfter: Math.max(1, Math.ceil(nextIn)),
    });
  };
}
