import { component } from '../../http/openapi/component.ts';
import { ConversationText, TimeText } from '../../http/openapi/params.ts';
import { listOf } from '../../http/openapi/responses.ts';

export const Contact = component('Contact', {
  description: "An entry of somebody's contacts: a person or a group, as a conversation.",
  properties: { conversation: ConversationText(), linkedAt: TimeText('When it was added.') },
  examples: [{ conversation: 'user:bob', linkedAt: '2025-11-23T12:18:31.455Z' }],
});

export const ContactList = listOf(Contact, '1763900311455,user:bob');
