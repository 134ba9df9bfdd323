import { ImError } from '../../domain/errors.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { ConversationParams, MessageParams, messageIdOf } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import type { Messages } from './messages.ts';
import { HistoryQuery, Message, MessageInput, MessageList } from './schemas.ts';

/** Messages: sending, reading, history, erasure. */
export function messageRoutes(app: App, { messages }: { messages: Messages }): void {
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
          'not_member',
          'silenced',
          'posting_restricted',
          'user_not_found',
          'group_not_found',
          'reserved_field',
          'fields_too_large',
          'client_message_id_reused',
        ),
      },
    },
    async (request, reply) => {
      const { uid, conversation } = request.params;
      const { message, created } = await messages.send(uid, conversation, request.body);
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
        summary: 'Read the history of a conversation',
        description:
          'A page of messages and system events, always the oldest first. Without `before` and `after` it is the newest ' +
          'page. An erased message is left out; the `erase` event that tells of it is there. `next` continues in the same ' +
          'direction: pass it as `before` to go further back (also after a first page without either), or as `after` if ' +
          'that is what you gave. For the user itself (in a group, as long as a member), or a server key.',
        params: ConversationParams,
        querystring: HistoryQuery,
        response: responses(
          { 200: answer(MessageList, 'A page of the history.') },
          'not_member',
          'user_not_found',
          'group_not_found',
        ),
      },
    },
    (request) => {
      const { uid, conversation } = request.params;
      const { before, after, limit } = request.query;
      if (before !== undefined && after !== undefined) {
        throw new ImError('invalid_request', 'Give "before" or "after", not both: a page goes in one direction.');
      }
      return messages.history(uid, conversation, {
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
        response: responses(
          { 200: answer(Message, 'The message.') },
          'not_member',
          'user_not_found',
          'group_not_found',
          'message_not_found',
        ),
      },
    },
    (request) => {
      const { uid, conversation, mid } = request.params;
      return messages.get(uid, conversation, messageIdOf(mid, 'params/mid'));
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
          'For everybody, and all are told by an `erase` event. It leaves the history; in an inbox `gone` takes its place. ' +
          'For its sender and, in a group, the owner and admins; a server key acts as the user in the path. Repeated, it answers ' +
          '`message_not_found`.',
        params: MessageParams,
        response: responses(
          { 204: nothing('The message was erased.') },
          'not_member',
          'user_not_found',
          'group_not_found',
          'message_not_found',
        ),
      },
    },
    async (request, reply) => {
      const { uid, conversation, mid } = request.params;
      await messages.erase(uid, conversation, messageIdOf(mid, 'params/mid'));
      return reply.status(204).send(null);
    },
  );
}
