import Type from 'typebox';
import { component, named, ref } from '../../http/openapi/component.ts';
import { Fields, FieldsPatch } from '../../http/openapi/fields.ts';
import { ConversationText, MessageIdText, TimeText, UidText } from '../../http/openapi/params.ts';
import { AttachmentInput, ClientMessageIdText } from '../messages/schemas.ts';
import type { Question } from './before-send.ts';
import type { Verdict } from './verdict.ts';

/** What is asked before a message is sent or edited, and what may be answered. */

const TIME = '2025-11-23T12:18:31.455Z';

const CallerKind = named<'user' | 'server'>('CallerKind', {
  type: 'string',
  enum: ['user', 'server'],
  description: '`user`: the sender itself, with a user token. `server`: a server key, in the name of the sender.',
  examples: ['user'],
});

const place = {
  space: Type.Optional(Type.String({ description: 'The space; absent in the default one.', examples: ['acme'] })),
  from: UidText('The sender.'),
  caller: CallerKind,
  conversation: ConversationText('The conversation, as the sender names it.'),
};
const example = { from: 'alice', caller: 'user', conversation: 'group:team' };

const MessageSending = question('MessageSending', 'message.sending', {
  description: 'A message is about to be sent, if you allow it; it may still be refused for other reasons.',
  data: {
    ...place,
    action: Type.Optional(
      Type.String({ description: '`custom` for an event that a server key makes.', examples: ['custom'] }),
    ),
    fields: Fields,
    clientMessageId: Type.Optional(ClientMessageIdText),
    replyTo: Type.Optional(MessageIdText('The message that it replies to.')),
    mentions: Type.Optional(
      Type.Array(Type.String(), { description: 'Whom it mentions; `*` is everybody.', examples: [['bob']] }),
    ),
    attachments: Type.Optional(Type.Array(ref(AttachmentInput), { description: 'The files that it carries.' })),
    silent: Type.Optional(Type.Boolean({ description: 'It is to notify nobody.', examples: [true] })),
  },
  example: { ...example, fields: { text: 'hi' }, clientMessageId: 'm-0001' },
});

const MessageEditing = question('MessageEditing', 'message.editing', {
  description: 'A message is about to be edited, if you allow it; that may still be refused for other reasons.',
  data: { ...place, target: MessageIdText('The message.'), fields: FieldsPatch },
  example: { ...example, target: '1763900311455-42', fields: { text: 'hello' } },
});

function question(
  name: string,
  type: Question['type'],
  { description, data, example }: { description: string; data: Parameters<typeof Type.Object>[0]; example: object },
) {
  return component(name, {
    description,
    properties: { type: Type.Literal(type), timestamp: TimeText('When it is asked.'), data: Type.Object(data) },
    examples: [{ type, timestamp: TIME, data: example } as never],
  });
}

const BeforeSendAction = named<Verdict<never>['action']>('BeforeSendAction', {
  type: 'string',
  enum: ['allow', 'deny', 'replace'] satisfies Verdict<never>['action'][],
  description: '`allow`: as it is. `deny`: not at all. `replace`: with the `fields` of the answer in place of its own.',
  examples: ['deny'],
});

/** What may be answered. */
export const BeforeSendAnswer = component('BeforeSendAnswer', {
  description: 'What is to happen to the message. An answer without a body allows it, too.',
  properties: {
    action: BeforeSendAction,
    reason: Type.Optional(
      Type.String({
        description:
          'With `deny`: why, for the sender, who reads it as the `detail` of `message_denied`. Up to 500 characters.',
        examples: ['No links here.'],
      }),
    ),
    fields: Type.Optional(FieldsPatch),
  },
  examples: [
    { action: 'allow' },
    { action: 'deny', reason: 'No links here.' },
    { action: 'replace', fields: { text: 'h***' } },
  ],
});

/** The questions, by type. */
export const QUESTIONS = { 'message.sending': MessageSending, 'message.editing': MessageEditing } as const;
