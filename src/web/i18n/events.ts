import type { Message } from '../api/client.ts';
import { t } from './texts.ts';

/** What a system event says, in words. `nameOf` names a person or a group, by their conversation. */
export function eventText(message: Message, uid: string, nameOf: (conversation: string) => string): string {
  const person = (id: string) => (id === uid ? t.you : nameOf(`user:${id}`));
  const who = message.from === undefined ? '' : person(message.from);
  const { owner = '' } = message.fields;
  const group = message.fields.group ? nameOf(`group:${message.fields.group}`) : '';
  switch (message.action) {
    case 'create':
      return t.created(who);
    case 'update':
      return t.updated(who);
    case 'owner':
      return t.owned(person(owner));
    case 'join':
      return t.joined(who);
    case 'quit':
      return t.left(who);
    case 'link':
      return message.from === uid ? t.youLinked : t.linked(who);
    case 'request':
      return message.from === uid ? t.youAsked(group) : t.asked(who, group);
    case 'refuse':
      return t.refused(group);
    case 'erase':
      return t.erasedOne(who);
    case 'delete':
      return t.deleted;
    case 'gone':
      return t.erased;
    default:
      return message.action ?? '';
  }
}
