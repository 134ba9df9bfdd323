import Type from 'typebox';
import { input } from '../../http/openapi/component.ts';
import { MessageFields } from '../../http/openapi/fields.ts';
import { ClientMessageIdText, RESERVED_TEXT } from './schemas.ts';

export const EventInput = input('EventInput', {
  description: `An event of the server's own. ${RESERVED_TEXT}`,
  properties: { fields: MessageFields, clientMessageId: Type.Optional(ClientMessageIdText) },
  examples: [{ fields: { type: 'call', text: 'Alice started a call' }, clientMessageId: 'call-17' }],
});
