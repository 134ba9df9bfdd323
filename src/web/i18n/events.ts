import type { Message } from '../api/client.ts';
import { t as all, wordsOf } from './texts.ts';
import { dayAndTime } from './time.ts';

/** What a system event says, in words. `nameOf` names a person or a group, by their conversation. */
export function eventText(
  message: Message,
  uid: string,
  nameOf: (conversation: string) => string,
  isChannel = false,
): string {
  const t = wordsOf(isChannel);
  const { action, from = '', by, conversation, fields } = message;
  const { owner = '', role, until, members } = fields;
  // As the one who does something, and as the one to whom it is done.
  const subject = (id: string) => (id === uid ? t.you : nameOf(`user:${id}`));
  const object = (id: string) => (id === uid ? t.youObject : nameOf(`user:${id}`));
  const group = fields.group ? nameOf(`group:${fields.group}`) : '';
  const isYou = from === uid;
  switch (action) {
    case 'create':
      return t.created(subject(from));
    case 'update':
      return t.updated(subject(from));
    case 'owner':
      return t.owned(subject(owner), owner === uid);
    case 'join': {
      const who = members?.split(' ') ?? [from];
      if (by) return t.added(subject(by), listed(who.map(object)));
      return t.joined(listed(who.map(subject)));
    }
    case 'quit':
      return by ? t.removed(subject(by), object(from)) : t.left(subject(from));
    case 'ban':
      return by ? t.bannedBy(subject(by), object(from)) : t.banned(subject(from), isYou);
    case 'role':
      return role === 'admin' ? t.isAdmin(subject(from), isYou) : t.isMember(subject(from), isYou);
    case 'silence':
      return until ? t.silenced(subject(from), dayAndTime(until)) : t.unsilenced(subject(from));
    case 'link':
      return isYou ? t.youLinked(nameOf(conversation)) : t.linked(subject(from));
    case 'request':
      return isYou ? t.youAsked(group) : t.asked(subject(from), group);
    case 'refuse':
      return t.refused(group);
    case 'delete':
      return from ? t.deleted(subject(from)) : t.groupDeleted;
    case 'gone':
      return by ? t.erasedBy(object(by)) : t.erased;
    case 'custom':
      return fields.text ?? t.happened;
    default:
      return action ?? '';
  }
}

function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(all.comma)}${all.and}${last}`;
}
