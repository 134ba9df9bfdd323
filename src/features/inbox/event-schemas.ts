import Type, { type Static, type TSchema } from 'typebox';
import type { SignalName } from '../../delivery/sink.ts';
import type { Conversation } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { component, named, ref } from '../../http/openapi/component.ts';
import { ConversationText, MessageIdText, TimeText, UidText } from '../../http/openapi/params.ts';
import { Message, MessageExample } from '../messages/schemas.ts';
import { PresenceExample, presenceProperties } from '../presence/schemas.ts';
import { cursor, Gap } from './schemas.ts';

/** An event of a stream, as an NDJSON line tells it; as SSE `event` and `id` are lines of their own, and `data` is the data. */
function event<Data extends TSchema>(
  schema: string,
  name: string,
  description: string,
  data: Data,
  example: Static<Data>,
) {
  return component(schema, {
    description,
    properties: { event: Type.Literal(name), cursor: cursor('Resume after this event with `start`.'), data },
    examples: [{ event: name, cursor: '1763900000123-17', data: example }],
  });
}

const at = { cursor: cursor('As the event’s.') };
const AT = { cursor: '1763900000123-17' };

/** An event that has no cursor: a signal of what need not last. */
function signal<Data extends TSchema>(
  schema: string,
  name: SignalName,
  description: string,
  data: Data,
  example: Static<Data>,
) {
  return component(schema, {
    description: `${description} It has no cursor.`,
    properties: { event: Type.Literal(name), data },
    examples: [{ event: name, data: example }],
  });
}

const conversation = { conversation: ConversationText() };
const OF = { conversation: 'user:bob' as Conversation };

const signals = {
  read: signal(
    'ReadEvent',
    'read',
    'Somebody has read the conversation up to a message: one of the others, or the user on another device.',
    Type.Object({ ...conversation, uid: UidText('Who.'), upTo: MessageIdText('The last message read.') }),
    { ...OF, uid: 'bob' as Uid, upTo: '1763900311455-42' },
  ),
  typing: signal(
    'TypingEvent',
    'typing',
    'Somebody is typing.',
    Type.Object({
      ...conversation,
      uid: UidText('Who.'),
      until: TimeText('Unless another one comes, take it that nobody types from then on.'),
    }),
    { ...OF, uid: 'bob' as Uid, until: '2025-11-23T12:18:31.455Z' },
  ),
  presence: signal(
    'PresenceEvent',
    'presence',
    'How it is with somebody whom this stream watches: at first, and when they come or go.',
    Type.Object(presenceProperties),
    PresenceExample,
  ),
  reaction: signal(
    'ReactionEvent',
    'reaction',
    'Somebody has reacted to a message, or taken a reaction back.',
    Type.Object({
      ...conversation,
      target: MessageIdText('The message.'),
      uid: UidText('Who.'),
      reaction: Type.String({ description: 'The reaction.', examples: ['👍'] }),
      added: Type.Boolean({ description: 'False if it was taken back.', examples: [true] }),
      reactions: Type.Array(
        Type.Object({
          reaction: Type.String({ description: 'A reaction.', examples: ['👍'] }),
          count: Type.Integer({ description: 'How many have it.', minimum: 0, examples: [2] }),
        }),
        { description: 'All reactions to the message, as they are now.' },
      ),
    }),
    {
      ...OF,
      target: '1763900311455-42',
      uid: 'bob' as Uid,
      reaction: '👍',
      added: true,
      reactions: [{ reaction: '👍', count: 2 }],
    },
  ),
  conversation: signal(
    'ConversationEvent',
    'conversation',
    'The user has changed the settings of a conversation, on whichever device.',
    Type.Object({
      ...conversation,
      mutedUntil: Type.Optional(TimeText('Until when the user wants to hear nothing of it.')),
      pinned: Type.Optional(Type.Boolean({ description: 'Kept on top. Absent if not.' })),
      archived: Type.Optional(Type.Boolean({ description: 'Put away. Absent if not.' })),
      markedUnread: Type.Optional(Type.Boolean({ description: 'To come back to. Absent if not.' })),
      hidden: Type.Optional(Type.Boolean({ description: 'It was hidden, with its history up to now. Absent if not.' })),
    }),
    { ...OF, pinned: true },
  ),
  stale: signal(
    'StaleEvent',
    'stale',
    'Events without a cursor may have been missed: read anew what they are about, such as conversations, receipts and ' +
      'presence. Comes once when a stream opens, too.',
    Type.Object({}),
    {},
  ),
} satisfies Record<SignalName, unknown>;

const events = {
  ready: event(
    'ReadyEvent',
    'ready',
    'The stream is open. Comes first, so that you always have a cursor.',
    Type.Object({
      ...at,
      heartbeatMs: Type.Integer({
        minimum: 1,
        description: 'The time between two heartbeats, ms.',
        examples: [20_000],
      }),
    }),
    { ...AT, heartbeatMs: 20_000 } as never,
  ),
  message: event(
    'InboxMessageEvent',
    'message',
    'A message or a system event, as in the history.',
    ref(Message),
    MessageExample as never,
  ),
  gap: event('GapEvent', 'gap', 'Something is missing here; `backfill` says where to find it.', ref(Gap), {
    reason: 'trimmed',
    requested: '1763900000123-14',
    resumed: '1763900000123-17',
    lost: 3,
    backfill: '/v1/users/bob/conversations',
  } as never),
  heartbeat: event(
    'HeartbeatEvent',
    'heartbeat',
    'You have everything up to now: the server has just compared.',
    Type.Object(at),
    AT as never,
  ),
  bye: event(
    'ByeEvent',
    'bye',
    'The stream ends.',
    Type.Object({
      reason: Type.String({
        description:
          'Why: `shutdown`, `token_expired`, `token_revoked`, `suspended`, `user_removed`, `space_removed`, `too_slow`, ' +
          '`too_many_subscribers`; there may be more one day.',
        examples: ['shutdown'],
      }),
      ...at,
    }),
    { reason: 'shutdown', ...AT } as never,
  ),
};

const pointer = (schema: { $id: string }) => `#/components/schemas/${schema.$id}`;

const all = { ...events, ...signals };

/** What an NDJSON line of a stream is. */
export const StreamEvent = named<{ [Name in keyof typeof all]: Static<(typeof all)[Name]> }[keyof typeof all]>(
  'StreamEvent',
  {
    description:
      'An event of a stream: a line of NDJSON. Ignore an `event` that you do not know: there may be more one day.',
    oneOf: Object.values(all).map((schema) => ({ $ref: `${schema.$id}#` })),
    discriminator: {
      propertyName: 'event',
      mapping: Object.fromEntries(Object.entries(all).map(([name, schema]) => [name, pointer(schema)])),
    },
    examples: [{ event: 'ready', cursor: '1763900000123-17', data: { ...AT, heartbeatMs: 20_000 } }],
  },
);
