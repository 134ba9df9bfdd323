import type { Message } from '../api/client.ts';
import { t } from './texts.ts';
import { dayAndTime } from './time.ts';

/** What a system event says, in words. `nameOf` names a person or a group, by their conversation. */
export function eventText(message: Message, uid: string, nameOf: (conversation: string) => string): string {
  const person = (id: string) => (id === uid ? t.you : nameOf(`user:${id}`));
  const who = message.from === undefined ? '' : person(message.from);
  const { owner = '', role, until, members } = message.fields;
  const group = message.fields.group ? nameOf(`group:${message.fields.group}`) : '';
  switch (message.action) {
    case 'create':
      return t.created(who);
    case 'update':
      return t.updated(who);
    case 'owner':
      return t.owned(person(owner));
    case 'join':
      return t.joined(members === undefined ? who : members.split(' ').map(person).join(', '));
    case 'quit':
      return t.left(who);
    case 'ban':
      return t.banned(who);
    case 'role':
      return role === 'admin' ? t.isAdmin(who) : t.isMember(who);
    case 'silence':
      return until ? t.silenced(who, dayAndTime(until)) : t.unsilenced(who);
    case 'link':
      return message.from === uid ? t.youLinked : t.linked(who);
    case 'request':
      return message.from === uid ? t.youAsked(group) : t.asked(who, group);
    case 'refuse':
      return t.refused(group);
    case 'delete':
      return t.deleted;
    case 'gone':
      return t.erased;
    case 'custom':
      return message.fields.text ?? t.happened;
    default:
      return message.action ?? '';
  }
}
