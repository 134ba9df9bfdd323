import Type from 'typebox';
import { RESERVED_MESSAGE_FIELDS } from '../../domain/entries.ts';
import { CLIENT_MESSAGE_ID_PATTERN } from '../../domain/names.ts';
import { component, input } from '../../http/openapi/component.ts';
import { Fields, MessageFields } from '../../http/openapi/fields.ts';
import { ConversationText, limitUpTo, MessageIdText, query, TimeText, UidText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';

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
      description: `Absent in what people send. A system event says what happened, and its \`fields\` to whom or what:
- \`create\`, \`update\`, \`delete\`: of the group \`from\` acts in; no fields
- \`owner\`: the group was handed to \`owner\`
- \`join\`, \`quit\`: \`from\` is who came or went; where several were added at once, \`members\` has their uids with spaces in between
- \`role\`: \`from\` has the \`role\` now
- \`silence\`: \`from\` may send nothing \`until\` then; without \`until\` it may again
- \`ban\`: \`from\` was a member, and may not be one any more
- \`link\`: \`from\` added the other person to the contacts; no fields
- \`request\`: \`from\` asks to join \`group\`, which the reader owns
- \`refuse\`: the request to join \`group\` was turned down; \`by\` is the admin who did it, \`from\` the owner
- \`erase\`: a change of an earlier message, its \`target\`, which is gone
- \`gone\`, without \`from\` and fields: stands in an inbox for a message that was erased or is kept no more`,
      examples: ['join'],
    }),
  ),
  target: Type.Optional(MessageIdText('The earlier message that a change is of.')),
  by: Type.Optional(
    UidText(
      'Who did it, where it was somebody else than `from`: the owner or admin who added or removed a member, for example.',
    ),
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
  properties: { fields: MessageFields, clientMessageId: Type.Optional(ClientMessageIdText) },
  examples: [{ fields: { text: 'hi' }, clientMessageId: 'm-0001' }],
});

export const MessageList = listOf(
  Message,
  '1763900311455-42',
  'as `before` or `after`: the direction that the page went in (`before`, if you gave neither)',
);

export const HistoryQuery = query({
  before: Type.Optional(
    MessageIdText('Only what was sent before this message; the page ends just before it. Not together with `after`.'),
  ),
  after: Type.Optional(
    MessageIdText('Only what was sent after this message; the page starts just after it. Not together with `before`.'),
  ),
  limit: limitUpTo(100),
});
