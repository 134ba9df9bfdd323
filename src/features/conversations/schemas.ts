import Type from 'typebox';
import { component, input, ref } from '../../http/openapi/component.ts';
import { ConversationText, MessageIdText } from '../../http/openapi/params.ts';
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
  properties: { upTo: MessageIdText('The last message read.') },
  examples: [{ upTo: '1763900311455-42' }],
});
