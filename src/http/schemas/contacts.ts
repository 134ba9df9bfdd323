import { component } from './component.ts';
import { ConversationText, TimeText } from './params.ts';
import { listOf } from './responses.ts';

export const Contact = component('Contact', {
  description: "An entry of somebody's contacts: a person or a group, as a conversation.",
  properties: { conversation: ConversationText(), linkedAt: TimeText('When it was added.') },
  examples: [{ conversation: 'user:bob', linkedAt: '2025-11-23T12:18:31.455Z' }],
});

export const ContactList = listOf(Contact, '1763900311455,user:bob');
