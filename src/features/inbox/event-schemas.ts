import Type, { type Static, type TSchema } from 'typebox';
import type { SignalName } from '../../delivery/sink.ts';
import type { Conversation } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { component, ref } from '../../http/openapi/component.ts';
import { ConversationText, MessageIdText, TimeText, UidText } from '../../http/openapi/params.ts';
import { cursorEvents, oneEventOf } from '../../http/streams/event-schemas.ts';
import { Message, MessageExample } from '../messages/schemas.ts';
import { PresenceExample, presenceProperties } from '../presence/schemas.ts';
import { cursor, Gap } from './schemas.ts';

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

/** What is different between the streams of messages of one kind of source and those of another. */
interface Kind extends Omit<Parameters<typeof cursorEvents>[0], 'item' | 'reasons'> {
  /** The name of the schema of `message`. */
  message: string;
  whatMessage: string;
  /** Why a stream ends, beside what ends any. */
  reasons: string;
}

const REASONS =
  '`shutdown`, `token_expired`, `token_revoked`, `suspended`, `user_removed`, `space_removed`, `too_slow`, ' +
  '`too_many_subscribers`';

/** The events of a stream of messages, and `signals`: what an NDJSON line is. */
export function streamEvent(schema: string, description: string, { message, whatMessage, reasons, ...kind }: Kind) {
  const item = {
    name: 'message',
    schema: message,
    text: whatMessage,
    data: ref(Message),
    example: MessageExample,
  } as const;
  const events = cursorEvents({ ...kind, item, reasons: REASONS + reasons });
  return oneEventOf(
    schema,
    description,
    { ...events, ...signals },
    {
      event: 'ready',
      cursor: kind.example,
      data: { cursor: kind.example, heartbeatMs: 20_000 },
    },
  );
}

/** What an NDJSON line of an inbox's stream is. */
export const StreamEvent = streamEvent('StreamEvent', 'An event of a stream: a line of NDJSON.', {
  prefix: '',
  message: 'InboxMessage',
  whatMessage: 'A message or a system event, as in the history.',
  cursor,
  example: '1763900000123-17',
  gap: Gap,
  reasons: '',
});
