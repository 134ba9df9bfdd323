import type { Message } from '../api/client.ts';
import { t } from './texts.ts';

/** What a system event says, in words. `nameOf` names a person by uid. */
export function eventText(message: Message, uid: string, nameOf: (uid: string) => string): string {
  const who = message.from === undefined ? '' : message.from === uid ? t.you : nameOf(message.from);
  const { group = '', owner = '' } = message.fields;
  switch (message.action) {
    case 'create':
      return t.created(who);
    case 'update':
      return t.updated(who);
    case 'owner':
      return t.owned(owner === uid ? t.you : nameOf(owner));
    case 'join':
      return t.joined(who);
    case 'quit':
      return t.left(who);
    case 'link':
      return message.from === uid ? t.youLinked : t.linked(who);
    case 'request':
      return t.asked(who, group);
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
