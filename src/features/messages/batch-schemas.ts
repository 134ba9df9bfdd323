import Type from 'typebox';
import { component, input, ref } from '../../http/openapi/component.ts';
import { ConversationText, UidText } from '../../http/openapi/params.ts';
import { Problem } from '../../http/openapi/problem.ts';
import { ClientMessageIdText, Message, MessageExample, referenceProperties, SaidFields } from './schemas.ts';

/** How many messages one request may send. */
export const MAX_BATCH = 100;

const BatchMessage = input('BatchMessage', {
  description: 'A message of a batch: who sends it, where, and what.',
  properties: {
    uid: UidText('The sender.'),
    conversation: ConversationText('Where to, as the sender names it.'),
    fields: SaidFields,
    clientMessageId: Type.Optional(ClientMessageIdText),
    ...referenceProperties,
  },
  examples: [{ uid: 'alice', conversation: 'user:bob', fields: { text: 'hi' }, clientMessageId: 'm-0001' }],
});

export const BatchInput = input('BatchInput', {
  description: 'Messages to send. Each stands for itself.',
  properties: { messages: Type.Array(ref(BatchMessage), { minItems: 1, maxItems: MAX_BATCH }) },
  examples: [
    {
      messages: [
        { uid: 'alice', conversation: 'user:bob', fields: { text: 'hi' }, clientMessageId: 'm-0001' },
        { uid: 'bob', conversation: 'group:team', fields: { text: 'hello, all' } },
      ],
    },
  ],
});

const BatchResult = component('BatchResult', {
  description: 'What came of one message of a batch.',
  properties: {
    status: Type.Integer({ description: 'As a send of its own would have answered.', examples: [201] }),
    message: Type.Optional(ref(Message)),
    problem: Type.Optional(ref(Problem)),
  },
  examples: [{ status: 201, message: MessageExample }],
});

export const BatchOutput = component('BatchOutput', {
  description: 'A result for each message, in the order sent.',
  properties: { results: Type.Array(ref(BatchResult)) },
  examples: [{ results: [{ status: 201, message: MessageExample }] }],
});
