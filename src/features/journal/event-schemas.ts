import Type, { type TProperties } from 'typebox';
import type { Gid, Uid } from '../../domain/names.ts';
import { component, named, ref } from '../../http/openapi/component.ts';
import { ConversationText, GidText, MessageIdText, TimeText, UidText } from '../../http/openapi/params.ts';
import { Message, MessageExample } from '../messages/schemas.ts';
import { CONVERSATION_KINDS, type ConversationKind, EVENT_TYPES, type EventType } from './journal-entry.ts';

/** What the journal tells, and webhooks send: of each type a named schema. */

const TIME = '2025-11-23T12:18:31.455Z';

export const ConversationKindText = named<ConversationKind>('ConversationKind', {
  type: 'string',
  enum: [...CONVERSATION_KINDS],
  description: 'What kind of conversation it is.',
  examples: ['group'],
});

export const EventTypeText = named<EventType>('EventType', {
  type: 'string',
  enum: [...EVENT_TYPES],
  description: 'What kind of thing was decided.',
  examples: ['message.created'],
});

const ofMessage = { conversationKind: ConversationKindText, message: ref(Message) };
const aMessage = { conversationKind: 'direct' as const, message: MessageExample };
const ofReaction = {
  conversation: ConversationText('The conversation, as the one who reacts names it.'),
  conversationKind: ConversationKindText,
  target: MessageIdText('The message.'),
  uid: UidText('Who.'),
  reaction: Type.String({ description: 'The reaction.', examples: ['👍'] }),
};
const aReaction = {
  conversation: 'user:bob',
  conversationKind: 'direct',
  target: '1763900311455-42',
  uid: 'alice' as Uid,
  reaction: '👍',
};
const by = Type.Optional(UidText('Who has done it; absent for a server key, and for who has done it to itself.'));
const ofMember = { gid: GidText('The group.'), uid: UidText('The member.'), by };
const aMember = { gid: 'team' as Gid, uid: 'bob' as Uid, by: 'alice' as Uid };
const ofGroup = { gid: GidText('The group.'), owner: UidText('Its owner.'), by };
const aGroup = { gid: 'team' as Gid, owner: 'alice' as Uid };
const ofUser = { uid: UidText('The user.') };
const aUser = { uid: 'alice' as Uid };
const ofBlock = { uid: UidText('Who blocks.'), peer: UidText('Who is blocked.') };
const aBlock = { uid: 'alice' as Uid, peer: 'bob' as Uid };

const ofNotification = {
  uid: UidText('Who is to be notified.'),
  devices: Type.Array(
    Type.Object({
      device: Type.String({ description: 'The device.', examples: ['phone'] }),
      kind: Type.String({ description: '`fcm` or `apns`.', examples: ['fcm'] }),
      token: Type.String({ description: 'Where to.', examples: ['eXaMpLe-token'] }),
    }),
    { description: 'The phones to push to. Where one is gone, DELETE the device.' },
  ),
  conversation: ConversationText('The conversation, as who is notified names it.', 'user:alice'),
  conversationKind: ConversationKindText,
  id: MessageIdText('The message.'),
  from: UidText('Its sender.'),
  fromName: Type.Optional(Type.String({ description: "The sender's field `name`.", examples: ['Alice'] })),
  groupName: Type.Optional(Type.String({ description: "The group's field `name`.", examples: ['Team'] })),
  isMention: Type.Boolean({ description: 'Whether it mentions who is notified, or everybody.', examples: [false] }),
  unread: Type.Integer({ description: 'How much of the conversation is unread.', examples: [1] }),
  badge: Type.Integer({ description: 'How much is unread in all, without what is muted or archived.', examples: [4] }),
  topic: Type.String({
    description: 'The same for all of one conversation: a newer notification takes the place of an older one.',
    examples: ['pX3mH2v8Qk1sW0aZ5tR7yL9cN4bE6dFg'],
  }),
  suggested: Type.Object(
    {
      title: Type.String({ description: 'The name of the group, or of the sender.', examples: ['Alice'] }),
      body: Type.String({ description: 'The text, with `PUSH_TEXT=true`.', examples: ['New message'] }),
    },
    { description: 'What might be shown.' },
  ),
};
const aNotification = {
  uid: 'bob' as Uid,
  devices: [{ device: 'phone', kind: 'fcm', token: 'eXaMpLe-token' }],
  conversation: 'user:alice',
  conversationKind: 'direct' as const,
  id: '1763900311455-42',
  from: 'alice' as Uid,
  fromName: 'Alice',
  isMention: false,
  unread: 1,
  badge: 4,
  topic: 'pX3mH2v8Qk1sW0aZ5tR7yL9cN4bE6dFg',
  suggested: { title: 'Alice', body: 'New message' },
};

const EVENTS: Record<EventType, [description: string, data: TProperties, example: object]> = {
  'message.created': [
    'A message was sent. `conversation` is as its sender names it. One that was erased since has the action `gone`, and no text.',
    ofMessage,
    aMessage,
  ],
  'message.edited': [
    'A message was edited: `message` is the change, with its `target` and the new `fields`.',
    ofMessage,
    aMessage,
  ],
  'message.erased': ['A message was erased: `message` is the change, with its `target`.', ofMessage, aMessage],
  'event.created': ['A server key has put an event of its own into a conversation.', ofMessage, aMessage],
  'reaction.added': ['Somebody has reacted to a message.', ofReaction, aReaction],
  'reaction.removed': ['Somebody has taken a reaction back.', ofReaction, aReaction],
  'member.joined': ['Somebody has become a member of a group.', ofMember, aMember],
  'member.left': ['Somebody is a member no more: has left, was taken out or banned.', ofMember, aMember],
  'member.updated': [
    'A member has another role, was silenced, or may speak again.',
    {
      ...ofMember,
      role: Type.String({ description: 'Its role now: `admin` or `member`.', examples: ['admin'] }),
      silencedUntil: Type.Optional(TimeText('Until when it may send nothing. Absent if it may.')),
    },
    { ...aMember, role: 'admin' },
  ],
  'member.banned': ['Somebody was banned from a group, a member or not.', ofMember, aMember],
  'member.unbanned': ['A ban was lifted.', ofMember, aMember],
  'request.created': ['Somebody asks to join a group.', ofMember, { gid: 'team', uid: 'bob' }],
  'request.removed': ['A request to join was turned down, or withdrawn (without `by`).', ofMember, aMember],
  'group.created': ['A group was made; its owner is a member of it.', ofGroup, aGroup],
  'group.updated': [
    'The fields, the policies or the owner of a group have changed: read it with `GET /v1/groups/{gid}`.',
    ofGroup,
    aGroup,
  ],
  'group.removed': ['A group is gone, with its messages.', ofGroup, aGroup],
  'user.created': ['A user was made.', ofUser, aUser],
  'user.updated': ['A user has changed: read it with `GET /v1/users/{uid}`.', ofUser, aUser],
  'user.removed': ['A user is gone.', ofUser, aUser],
  'user.suspended': ['A user was suspended.', ofUser, aUser],
  'user.unsuspended': ['A suspension was lifted.', ofUser, aUser],
  'block.added': ['Somebody has blocked a person.', ofBlock, aBlock],
  'block.removed': ['Somebody has lifted a block.', ofBlock, aBlock],
  'notification.wanted': [
    'Somebody with a phone and no open stream is to be notified of a message: push it by FCM or APNs.',
    ofNotification,
    aNotification,
  ],
};

/** `message.created` → `MessageCreated`. */
const nameOf = (type: EventType) =>
  type
    .split('.')
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');

function eventSchema(type: EventType) {
  const [description, data, example] = EVENTS[type];
  return component(nameOf(type), {
    description,
    properties: {
      type: Type.Literal(type),
      timestamp: TimeText('When it was decided.'),
      data: Type.Object(data),
    },
    examples: [{ type, timestamp: TIME, data: example } as never],
  });
}

/** The schema of each type. */
export const EVENT_SCHEMAS = Object.fromEntries(EVENT_TYPES.map((type) => [type, eventSchema(type)])) as Record<
  EventType,
  ReturnType<typeof eventSchema>
>;

/** Something that was decided, of whatever type. */
export const BackendEvent = named<{ type: EventType; timestamp: string; data: object }>('BackendEvent', {
  description: 'Something that was decided. Ignore a `type` that you do not know: there may be more one day.',
  oneOf: EVENT_TYPES.map((type) => ({ $ref: `${nameOf(type)}#` })),
  discriminator: {
    propertyName: 'type',
    mapping: Object.fromEntries(EVENT_TYPES.map((type) => [type, `#/components/schemas/${nameOf(type)}`])),
  },
  examples: [{ type: 'message.created', timestamp: TIME, data: aMessage }],
});
