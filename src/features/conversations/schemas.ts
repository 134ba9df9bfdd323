import Type from 'typebox';
import { component, input, ref } from '../../http/openapi/component.ts';
import { ConversationText, defaulted, MessageIdText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';
import { Message, MessageExample } from '../messages/schemas.ts';

export const Conversation = component('Conversation', {
  description: 'A conversation, as its reader finds it in a list.',
  properties: {
    conversation: ConversationText(),
    unread: Type.Integer({ minimum: 0, description: 'How many messages came after the read mark.', examples: [2] }),
    last: Type.Optional(ref(Message)),
    readUpTo: Type.Optional(MessageIdText('The read mark: the last message read. Absent before the first time.')),
  },
  examples: [{ conversation: 'user:bob', unread: 2, last: MessageExample, readUpTo: '1763900311455-40' }],
});

export const ConversationList = listOf(Conversation, '1763900311455-42,user:bob');

export const ReadInput = input('ReadInput', {
  description: 'Up to where a conversation has been read.',
  properties: {
    upTo: MessageIdText('The last message read.'),
    receipt: defaulted(
      Type.Boolean({
        description: 'Whether the others of the conversation may know. One’s own devices always do.',
        default: true,
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
