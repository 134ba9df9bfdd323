import { ImError } from '../../domain/errors.ts';
import { READING_REFUSALS, SENDING_REFUSALS } from '../../domain/refusals.ts';
import type { Cursor, MessageId } from '../../domain/stream-ids.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { ConversationParams, MessageParams, messageIdOf } from '../../http/openapi/params.ts';
import { AFTER_PATTERN, complaint } from '../../http/openapi/patterns.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { pollPage, type Streaming } from '../../http/streams/stream.ts';
import { parseLogCursor } from '../following/log-cursor.ts';
import { LogSource } from '../following/log-source.ts';
import { HistoryQuery, Message, MessageInput, MessageList, MessagePatch, RepliesQuery } from './schemas.ts';

/** Messages: sending, reading, changing. */
export function messageRoutes(app: App, { streaming }: { streaming: Streaming }): void {
  app.post(
    '/v1/users/:uid/conversations/:conversation/messages',
    {
      config: { access: 'self' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'sendMessage',
        tags: ['messages'],
        summary: 'Send a message',
        description:
          'To a person or to a group that the sender is a member of. Answered means stored: the message is in its ' +
          'conversation, and will be in every inbox exactly once. For the user itself, or a server key. With a ' +
          '`clientMessageId` it may be repeated for 24 hours: the first message is answered with 200; the same id with ' +
          'other content is refused with `client_message_id_reused`.',
        params: ConversationParams,
        body: ref(MessageInput),
        response: responses(
          { 201: answer(Message, 'The message is stored.'), 200: answer(Message, 'It was stored before.') },
          ...SENDING_REFUSALS,
          'message_not_found',
          'reserved_field',
          'fields_too_large',
          'mention_outside',
          'file_not_found',
          'off_in_channels',
          'client_message_id_reused',
          'message_denied',
        ),
      },
    },
    async (request, reply) => {
      const { uid, conversation } = request.params;
      // Member by member: to spread a body that was just parsed takes longer than to parse it.
      const { fields, clientMessageId, mentions, attachments, silent } = request.body;
      const replyTo = replyToOf(request.body, 'body/replyTo');
      const body = { caller: request.caller.kind, fields, clientMessageId, replyTo, mentions, attachments, silent };
      const { message, created } = await request.space.messages.send(uid, conversation, body);
      return reply.status(created ? 201 : 200).send(message);
    },
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation/messages',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listMessages',
        tags: ['messages'],
        summary: 'Read the history of a conversation, or wait for something new in it',
        description:
          'A page of messages and system events, always the oldest first. Without `before` and `after` it is the newest ' +
          'page. An edited message has its newest fields; in place of an erased one there is one with the action `gone`. ' +
          '`next` continues in the same direction: pass it as `before` to go further back (also after a first page without either), or as `after` if ' +
          'that is what you gave. With `block` it follows the conversation instead, which needs an `after`: entries as they were ' +
          'written, also edits and erasures, and what is missing told as a `gap`; pass `next` as `after`, and nothing is missed or ' +
          'seen twice. For the user itself (in a group, as long as a member), or a server key.',
        params: ConversationParams,
        querystring: HistoryQuery,
        response: responses(
          { 200: answer(MessageList, 'A page of the history; or what came after, no items if nothing did in time.') },
          ...READING_REFUSALS,
          'too_many_subscribers',
        ),
      },
    },
    async (request, reply) => {
      const { uid, conversation } = request.params;
      const { before, after, block, limit } = request.query;
      if (block !== undefined || after?.includes('~')) {
        const page = await pollPage(streaming, request, reply, {
          source: new LogSource(request.space.logReader, uid, conversation),
          start: startOf(after, before),
          count: limit,
          block: block ?? 0,
        });
        return {
          items: page.items.map(({ message }) => message),
          next: page.next as string,
          ...(page.gap ? { gap: page.gap } : {}),
        };
      }
      if (before !== undefined && after !== undefined) {
        throw new ImError('invalid_request', 'Give "before" or "after", not both: a page goes in one direction.');
      }
      return request.space.history.page(uid, conversation, {
        before: before === undefined ? undefined : messageIdOf(before, 'querystring/before'),
        after: after === undefined ? undefined : messageIdOf(after, 'querystring/after'),
        limit,
      });
    },
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation/messages/:mid',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'getMessage',
        tags: ['messages'],
        summary: 'Read a message',
        description: 'For the user itself (in a group, as long as a member), or a server key.',
        params: MessageParams,
        response: responses({ 200: answer(Message, 'The message.') }, ...READING_REFUSALS, 'message_not_found'),
      },
    },
    (request) => {
      const { uid, conversation, mid } = request.params;
      return request.space.history.get(uid, conversation, messageIdOf(mid, 'params/mid'));
    },
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation/messages/:mid/replies',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listReplies',
        tags: ['messages'],
        summary: 'List the replies to a message',
        description:
          'The messages that were sent with it as `replyTo`, the oldest first. For the user itself (in a group, as long as ' +
          'a member), or a server key.',
        params: MessageParams,
        querystring: RepliesQuery,
        response: responses(
          { 200: answer(MessageList, 'A page of replies.') },
          ...READING_REFUSALS,
          'message_not_found',
        ),
      },
    },
    (request) => {
      const { uid, conversation, mid } = request.params;
      const { after, limit } = request.query;
      return request.space.history.replies(uid, conversation, messageIdOf(mid, 'params/mid'), {
        after: after === undefined ? undefined : messageIdOf(after, 'querystring/after'),
        limit,
      });
    },
  );

  app.patch(
    '/v1/users/:uid/conversations/:conversation/messages/:mid',
    {
      config: { access: 'self' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'patchMessage',
        tags: ['messages'],
        summary: 'Edit a message',
        description:
          'Merges the given fields into those of the message; null removes one. All are told by an `edit` event with the new ' +
          'fields. For its sender, who has to be able to send here now, at most 50 times, and within `EDIT_WINDOW`; a server ' +
          'key acts as the user in the path. Idempotent: what changes nothing tells nobody.',
        params: MessageParams,
        body: ref(MessagePatch),
        response: responses(
          { 200: answer(Message, 'The message as it is now.') },
          ...SENDING_REFUSALS,
          'message_not_found',
          'message_erased',
          'edit_window_over',
          'message_denied',
          'too_many_edits',
          'reserved_field',
          'fields_too_large',
        ),
      },
    },
    (request) => {
      const { uid, conversation, mid } = request.params;
      const target = messageIdOf(mid, 'params/mid');
      return request.space.editing.edit(uid, conversation, target, request.body.fields, request.caller.kind);
    },
  );

  app.delete(
    '/v1/users/:uid/conversations/:conversation/messages/:mid',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteMessage',
        tags: ['messages'],
        summary: 'Erase a message',
        description:
          'For everybody, with its edits and reactions, and all are told by an `erase` event. In its place there is one with ' +
          'the action `gone`. For its sender and, in a group, the owner and admins; a server key acts as the user in the ' +
          'path. Idempotent.',
        params: MessageParams,
        response: responses({ 204: nothing('The message was erased.') }, ...READING_REFUSALS, 'message_not_found'),
      },
    },
    async (request, reply) => {
      const { uid, conversation, mid } = request.params;
      await request.space.editing.erase(uid, conversation, messageIdOf(mid, 'params/mid'));
      return reply.status(204).send(null);
    },
  );
}

/** After what a conversation is followed by long-poll. @throws ImError `invalid_request` */
function startOf(after: string | undefined, before: string | undefined): Cursor {
  if (after === undefined || before !== undefined) {
    throw new ImError(
      'invalid_request',
      '"block" needs an "after", and no "before": the "id" of the last message that you have, or the "next" of the page before, ' +
        'for example ?after=1763900311455-42&block=10000.',
    );
  }
  if (!parseLogCursor(after)) throw new ImError('invalid_request', `${complaint(AFTER_PATTERN, after)}.`);
  return after as Cursor;
}

/** What a message replies to. @throws ImError `invalid_request` */
export function replyToOf({ replyTo }: { replyTo?: string }, path: string): MessageId | undefined {
  return replyTo === undefined ? undefined : messageIdOf(replyTo, path);
}
