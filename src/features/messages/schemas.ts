import Type from 'typebox';
import { RESERVED_MESSAGE_FIELDS } from '../../domain/entries.ts';
import { FILE_ID_PATTERN, FILE_NAME_PATTERN, type FileId, MAX_ATTACHMENTS, MAX_FILE_NAME } from '../../domain/files.ts';
import { CLIENT_MESSAGE_ID_PATTERN } from '../../domain/names.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import { component, input, ref } from '../../http/openapi/component.ts';
import { Fields, FieldsPatch } from '../../http/openapi/fields.ts';
import { ConversationText, limitUpTo, MessageIdText, query, TimeText, UidText } from '../../http/openapi/params.ts';
import { AFTER_PATTERN, LOG_CURSOR_PATTERN, MENTION_PATTERN } from '../../http/openapi/patterns.ts';
import { gapSchema } from '../../http/streams/gap-schemas.ts';

/** What a sender calls a message of its own. */
export const ClientMessageIdText = Type.String({
  pattern: CLIENT_MESSAGE_ID_PATTERN,
  description: "The sender's own name for the message: a repeated send with the same one never makes a second message.",
  examples: ['m-0001'],
});

export const MessageExample = {
  id: '1763900311455-42',
  conversation: 'user:bob',
  from: 'alice',
  fields: { text: 'hi' },
  sentAt: '2025-11-23T12:18:31.455Z',
  clientMessageId: 'm-0001',
};

const FILE_ID = '5f0c8a1e9b7d4c3fa2e6d18b70c94e35';

/** A file, in a path, a body or a response. */
export const FileIdText = (description = 'A file id.') =>
  Type.Unsafe<FileId>(Type.String({ pattern: FILE_ID_PATTERN, description, examples: [FILE_ID] }));

const AttachmentName = Type.String({
  pattern: FILE_NAME_PATTERN,
  maxLength: MAX_FILE_NAME,
  description: 'What it is called in this message: a name, no path.',
  examples: ['holiday.jpg'],
});

/** What is known of a file. */
export const fileProperties = {
  type: Type.String({ description: 'Its media type, as its bytes tell it.', examples: ['image/jpeg'] }),
  size: Type.Integer({ minimum: 1, description: 'Bytes.', examples: [183_042] }),
  width: Type.Optional(Type.Integer({ minimum: 1, description: 'Of a picture, px.', examples: [1_600] })),
  height: Type.Optional(Type.Integer({ minimum: 1, description: 'Of a picture, px.', examples: [1_200] })),
};

const ATTACHMENT = { file: FILE_ID as FileId, name: 'holiday.jpg' };

export const AttachmentExample = { ...ATTACHMENT, type: 'image/jpeg', size: 183_042, width: 1_600, height: 1_200 };

export const Attachment = component('Attachment', {
  description: 'A file that a message carries. It is read with `GET /v1/users/{uid}/files/{file}`.',
  properties: { file: FileIdText('The file.'), name: AttachmentName, ...fileProperties },
  examples: [AttachmentExample],
});

export const AttachmentInput = input('AttachmentInput', {
  description: 'A file that a message is to carry: one that its sender has uploaded, or may read.',
  properties: { file: FileIdText('The `id` of the file.'), name: AttachmentName },
  examples: [ATTACHMENT],
});

/** What a message has, wherever it is shown. */
export const messageProperties = {
  id: MessageIdText('The id: unique in its conversation, and in the order of sending.'),
  conversation: ConversationText(
    'The conversation, as its reader names it: `user:<the other person>` or `group:<gid>`.',
  ),
  from: Type.Optional(UidText('Who sent or did it. Absent only with the action `gone`, in an inbox.')),
  action: Type.Optional(
    Type.String({
      description: `Absent in what people send. A system event says what happened, and its \`fields\` to whom or what:
- \`create\`, \`update\`, \`delete\`: of the group \`from\` acts in; no fields
- \`owner\`: the group was handed to \`owner\`
- \`join\`, \`quit\`: \`from\` is who came or went; where several were added at once, \`members\` has their uids with spaces in between
- \`role\`: \`from\` has the \`role\` now
- \`silence\`: \`from\` may send nothing \`until\` then; without \`until\` it may again
- \`ban\`: \`from\` was a member, and may not be one any more
- \`link\`: \`from\` added the other person to the contacts; no fields
- \`request\`: \`from\` asks to join \`group\`, which the reader owns
- \`refuse\`: the request to join \`group\` was turned down; \`by\` is the admin who did it, \`from\` the owner
- \`custom\`: what a server key put there, in the name of \`from\`; its \`fields\` are the server's own
- \`edit\`: a change of an earlier message, its \`target\`, whose fields are \`fields\` now
- \`erase\`: a change of an earlier message, its \`target\`, which is gone
- \`react\`: \`from\` reacted to the reader's message, the \`target\`, with \`reaction\`; told once for each person and message
- \`gone\`, without fields: stands for a message that was erased; in an inbox also for one that is kept no more, without \`from\``,
      examples: ['join'],
    }),
  ),
  target: Type.Optional(MessageIdText('The earlier message that a change is of.')),
  by: Type.Optional(
    UidText(
      'Who did it, where it was somebody else than `from`: the owner or admin who added or removed a member, for example.',
    ),
  ),
  fields: Fields,
  sentAt: TimeText('When it was sent.'),
  clientMessageId: Type.Optional(ClientMessageIdText),
  replyTo: Type.Optional(MessageIdText('The earlier message that this one replies to.')),
  mentions: Type.Optional(
    Type.Array(Type.String({ examples: ['bob'] }), { description: 'Whom it mentions; `*` is everybody in the group.' }),
  ),
  attachments: Type.Optional(Type.Array(ref(Attachment), { description: 'The files that it carries.' })),
  silent: Type.Optional(Type.Boolean({ description: 'It notifies nobody. Absent if it may.', examples: [true] })),
};

export const ReactionCount = component('ReactionCount', {
  description: 'How often a message was reacted to in one way.',
  properties: {
    reaction: Type.String({ description: 'An emoji or a name.', examples: ['👍'] }),
    count: Type.Integer({ minimum: 1, description: 'How many people.', examples: [3] }),
    mine: Type.Boolean({ description: 'Whether the reader is one of them.', examples: [true] }),
  },
  examples: [{ reaction: '👍', count: 3, mine: true }],
});

export const Message = component('Message', {
  description: 'A message, or a system event of a conversation.',
  properties: {
    ...messageProperties,
    replyCount: Type.Optional(Type.Integer({ minimum: 1, description: 'How many replies it has.', examples: [2] })),
    editedAt: Type.Optional(TimeText('When it was last edited; `fields` are the newest ones.')),
    erasedAt: Type.Optional(TimeText('When it was erased: `action` is `gone` then.')),
    reactions: Type.Optional(
      Type.Array(ref(ReactionCount), { description: 'In the order in which they came; at most 20 kinds.' }),
    ),
  },
  examples: [MessageExample],
});

/** What a message may refer to, where it is sent. */
export const referenceProperties = {
  replyTo: Type.Optional(MessageIdText('An earlier message of the conversation, which this one replies to.')),
  mentions: Type.Optional(
    Type.Array(
      Type.String({
        pattern: MENTION_PATTERN,
        description: 'A uid, or `*` for everybody in the group.',
        examples: ['bob'],
      }),
      {
        maxItems: 50,
        description:
          'Whom the message mentions, who is in the conversation; or `["*"]` for everybody, which the owner of a group may.',
        examples: [['bob']],
      },
    ),
  ),
  attachments: Type.Optional(
    Type.Array(ref(AttachmentInput), {
      maxItems: MAX_ATTACHMENTS,
      description: 'Files that the message carries; with one it needs no `fields`.',
    }),
  ),
  silent: Type.Optional(
    Type.Boolean({
      description: 'Whether it notifies nobody: it is delivered and counted as any other, but pushed to no device.',
      examples: [true],
    }),
  ),
};

/** What a message says, where it is sent. */
export const SaidFields = Type.Optional(Fields);

export const RESERVED_TEXT = `Reserved as names of fields: ${[...RESERVED_MESSAGE_FIELDS].map((name) => `\`${name}\``).join(', ')}.`;

export const MessageInput = input('MessageInput', {
  description: `A message to send. ${RESERVED_TEXT}`,
  properties: { fields: SaidFields, clientMessageId: Type.Optional(ClientMessageIdText), ...referenceProperties },
  examples: [
    { fields: { text: 'hi' }, clientMessageId: 'm-0001' },
    { fields: { text: 'me too, @bob' }, replyTo: '1763900311455-42', mentions: ['bob'] },
    { attachments: [ATTACHMENT] },
  ],
});

export const MessagePatch = input('MessagePatch', {
  description: `The fields to change. ${RESERVED_TEXT}`,
  properties: { fields: FieldsPatch },
  examples: [{ fields: { text: 'hi!' } }],
});

const CURSOR = '1763900000123~7~1763900311455-42';

/** A position in a conversation's log, as it is answered. */
export const logCursor = (description: string) =>
  Type.Unsafe<Cursor>({ type: 'string', pattern: LOG_CURSOR_PATTERN, description, examples: [CURSOR] });

export const LogGap = gapSchema(
  'LogGap',
  logCursor,
  {
    requested: '1763900000123~7~1763900311455-39' as Cursor,
    resumed: CURSOR as Cursor,
    lost: 3,
    backfill: '/v1/users/bob/conversations/group:team/messages',
  },
  'the history of the conversation.',
);

export const MessageList = component('MessageList', {
  description: 'A page of a list of Message.',
  properties: {
    items: Type.Array(ref(Message)),
    next: Type.Optional(
      Type.String({
        description:
          'Pass it as `before` or `after`: the direction that the page went in (`before`, if you gave neither) for the ' +
          'following page; absent on the last. With `block` it is a cursor, and always there.',
        examples: ['1763900311455-42', CURSOR],
      }),
    ),
    gap: Type.Optional(ref(LogGap)),
  },
  examples: [{ items: [MessageExample], next: '1763900311455-42' }],
});

export const HistoryQuery = query({
  before: Type.Optional(
    MessageIdText('Only what was sent before this message; the page ends just before it. Not together with `after`.'),
  ),
  after: Type.Optional(
    Type.String({
      pattern: AFTER_PATTERN,
      description:
        'Only what was sent after this message; the page starts just after it. Not together with `before`. With `block` a ' +
        'message, or a cursor: the `next` of the page before.',
      examples: ['1763900311455-42', CURSOR],
    }),
  ),
  block: Type.Optional(
    Type.Integer({
      description:
        'Follow the conversation: the entries after `after` as they were written, and how long to wait if there are none, ms. ' +
        '0 answers at once.',
      minimum: 0,
      maximum: 60_000,
      examples: [10_000],
    }),
  ),
  limit: limitUpTo(100),
});

export const RepliesQuery = query({
  after: Type.Optional(MessageIdText('The `next` of the page before; absent for the first.')),
  limit: limitUpTo(100),
});
