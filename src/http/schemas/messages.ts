import Type from 'typebox';
import { CLIENT_MESSAGE_ID_PATTERN } from '../../ids.ts';
import { RESERVED_MESSAGE_FIELDS } from '../../im/message.ts';
import { component, input } from './component.ts';
import { Fields } from './fields.ts';
import { ConversationText, limitUpTo, MessageIdText, query, TimeText, UidText } from './params.ts';
import { listOf } from './responses.ts';

/** What a sender calls a message of its own. */
export const ClientMessageIdText = Type.String({
  pattern: CLIENT_MESSAGE_ID_PATTERN,
  description: "The sender's own name for the message: a repeated send with the same one never makes a second message.",
  examples: ['m-0001'],
});

export const MessageExample = {
  id: '1763900311455-42',
  conversation: 'user:bob',
  from: 'alice',
  fields: { text: 'hi' },
  sentAt: '2025-11-23T12:18:31.455Z',
  clientMessageId: 'm-0001',
};

/** What a message has, wherever it is shown. */
export const messageProperties = {
  id: MessageIdText('The id: unique in its conversation, and in the order of sending.'),
  conversation: ConversationText(
    'The conversation, as its reader names it: `user:<the other person>` or `group:<gid>`.',
  ),
  from: Type.Optional(UidText('Who sent or did it. Absent only with the action `gone`.')),
  action: Type.Optional(
    Type.String({
      description:
        'Absent in what people send. A system event says what happened: `create`, `update`, `owner`, `join`, `quit`, ' +
        '`delete`, `link`, `request`, `refuse`. Its fields name the new `owner`, or the `group` asked for. A change of an ' +
        'earlier message, `erase`, has it as its `target`. ' +
        '`gone` stands for a message that was erased or is kept no more.',
      examples: ['join'],
    }),
  ),
  target: Type.Optional(MessageIdText('The earlier message that a change is of.')),
  by: Type.Optional(
    UidText('Who did it, where it was somebody else than `from`: the owner who added or removed a member.'),
  ),
  fields: Fields,
  sentAt: TimeText('When it was sent.'),
  clientMessageId: Type.Optional(ClientMessageIdText),
};

export const Message = component('Message', {
  description: 'A message, or a system event of a conversation.',
  properties: messageProperties,
  examples: [MessageExample],
});

const reserved = [...RESERVED_MESSAGE_FIELDS].map((name) => `\`${name}\``).join(', ');

export const MessageInput = input('MessageInput', {
  description: `A message to send. Reserved as names of fields: ${reserved}.`,
  properties: { fields: Fields, clientMessageId: Type.Optional(ClientMessageIdText) },
  examples: [{ fields: { text: 'hi' }, clientMessageId: 'm-0001' }],
});

export const MessageList = listOf(Message, '1763900311455-42');

export const HistoryQuery = query({
  before: Type.Optional(MessageIdText('Only what was sent before this message; the page ends just before it.')),
  after: Type.Optional(MessageIdText('Only what was sent after this message; the page starts just after it.')),
  limit: limitUpTo(100),
});
