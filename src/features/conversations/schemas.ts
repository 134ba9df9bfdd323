import Type from 'typebox';
import { component, input, ref } from '../../http/openapi/component.ts';
import { ConversationText, MessageIdText, TimeText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';
import { Message, MessageExample } from '../messages/schemas.ts';

export const Conversation = component('Conversation', {
  description: 'A conversation, as its reader finds it.',
  properties: {
    conversation: ConversationText(),
    unread: Type.Integer({
      minimum: 0,
      description: 'How many messages came after the read mark, without those that were erased.',
      examples: [2],
    }),
    mentions: Type.Integer({
      minimum: 0,
      description: 'How many of them mention the reader, up to 100.',
      examples: [0],
    }),
    last: Type.Optional(ref(Message)),
    readUpTo: Type.Optional(MessageIdText('The read mark: the last message read. Absent before the first time.')),
    mutedUntil: Type.Optional(TimeText('Until when the reader wants to hear nothing of it.')),
    pinned: Type.Optional(Type.Boolean({ description: 'The reader keeps it on top. Absent if not.' })),
    archived: Type.Optional(Type.Boolean({ description: 'The reader has put it away. Absent if not.' })),
    markedUnread: Type.Optional(
      Type.Boolean({
        description: 'The reader wants to come back to it. Absent if not; gone with the next read mark.',
      }),
    ),
  },
  examples: [
    {
      conversation: 'user:bob',
      unread: 2,
      mentions: 0,
      last: MessageExample,
      readUpTo: '1763900311455-40',
      pinned: true,
    },
  ],
});

export const ConversationList = listOf(Conversation, '1763900311455-42,user:bob');

export const ReadInput = input('ReadInput', {
  description: 'Up to where a conversation has been read.',
  properties: {
    upTo: MessageIdText('The last message read.'),
    receipt: Type.Optional(
      Type.Boolean({
        description:
          'Whether the others of the conversation may know, which is so if it is left out. One’s own devices always do.',
        examples: [true],
      }),
    ),
  },
  examples: [{ upTo: '1763900311455-42' }],
});

export const Receipt = component('Receipt', {
  description: 'How far somebody has read a conversation, as far as the others may know.',
  properties: {
    uid: UidText(),
    readUpTo: Type.Optional(MessageIdText('The last message read. Absent where nothing is known.')),
  },
  examples: [{ uid: 'bob', readUpTo: '1763900311455-42' }],
});

export const ReceiptList = component('ReceiptList', {
  description: 'One of each member, by uid.',
  properties: { items: Type.Array(ref(Receipt)) },
  examples: [{ items: [{ uid: 'alice' }, { uid: 'bob', readUpTo: '1763900311455-42' }] }],
});
export const ConversationPatch = input('ConversationPatch', {
  description: "The reader's own settings of a conversation: what is left out stays.",
  properties: {
    mutedUntil: Type.Optional(
      TimeText('Until when to hear nothing of it: a time far away is for ever, one that is over ends it.'),
    ),
    pinned: flag('Keep it on top.'),
    archived: flag('Put it away.'),
    markedUnread: flag('Come back to it later.'),
  },
  examples: [{ mutedUntil: '2030-01-01T00:00:00Z', pinned: true }],
});

export const UnreadTotal = component('UnreadTotal', {
  description: 'What is unread in all conversations together, without those that are muted or archived: for a badge.',
  properties: {
    unread: Type.Integer({ minimum: 0, description: 'Messages.', examples: [3] }),
    mentions: Type.Integer({ minimum: 0, description: 'Those of them that mention the user.', examples: [1] }),
  },
  examples: [{ unread: 3, mentions: 1 }],
});

function flag(description: string) {
  return Type.Optional(Type.Boolean({ description, examples: [true] }));
}
