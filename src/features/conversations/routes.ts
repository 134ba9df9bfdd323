import { RECEIPTS_MAX } from '../../domain/signals.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { ConversationParams, messageIdOf, pageQuery, SelfParams } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { Conversation, ConversationList, ConversationPatch, ReadInput, ReceiptList, UnreadTotal } from './schemas.ts';

const MAX_PAGE = 100;

/** What a user has talked about, and how far each conversation is read. */
export function conversationRoutes(app: App): void {
  app.get(
    '/v1/users/:uid/conversations',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listConversations',
        tags: ['conversations'],
        summary: 'List conversations',
        description:
          'Each with its newest entry, how many messages are unread, and up to where it is read; the one with the newest ' +
          'entry first. For the user itself, or a server key.',
        params: SelfParams,
        querystring: pageQuery(MAX_PAGE, 'conversations', '1763900311455-42,user:bob'),
        response: responses({ 200: answer(ConversationList, 'A page of conversations.') }, 'invalid_cursor'),
      },
    },
    (request) => request.space.conversations.list(request.params.uid, request.query),
  );

  app.get(
    '/v1/users/:uid/unread',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'getUnread',
        tags: ['conversations'],
        summary: 'Count what is unread',
        description:
          'In all conversations together, without those that are muted or archived: for the badge of an app. For the user ' +
          'itself, or a server key.',
        params: SelfParams,
        response: responses({ 200: answer(UnreadTotal, 'The totals.') }),
      },
    },
    (request) => request.space.conversations.unread(request.params.uid),
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'getConversation',
        tags: ['conversations'],
        summary: 'Read a conversation',
        description: 'As the list shows it. For the user itself, or a server key.',
        params: ConversationParams,
        response: responses({ 200: answer(Conversation, 'The conversation.') }, 'conversation_not_found'),
      },
    },
    (request) => request.space.conversations.get(request.params.uid, request.params.conversation),
  );

  app.patch(
    '/v1/users/:uid/conversations/:conversation',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'patchConversation',
        tags: ['conversations'],
        summary: 'Mute, pin, archive a conversation',
        description:
          'Settings of the user alone: nobody else sees them. What is left out stays. For the user itself, or a ' +
          'server key. Idempotent.',
        params: ConversationParams,
        body: ref(ConversationPatch),
        response: responses({ 200: answer(Conversation, 'The conversation as it is now.') }, 'conversation_not_found'),
      },
    },
    (request) => request.space.conversations.change(request.params.uid, request.params.conversation, request.body),
  );

  app.delete(
    '/v1/users/:uid/conversations/:conversation',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteConversation',
        tags: ['conversations'],
        summary: 'Hide a conversation',
        description:
          'For the user alone: the conversation leaves its list, and its history up to now is not shown to it any more. It ' +
          'comes back with what is new. A member of a group stays one. For the user itself, or a server key. Idempotent.',
        params: ConversationParams,
        response: responses({ 204: nothing('The conversation is hidden.') }),
      },
    },
    async (request, reply) => {
      await request.space.conversations.hide(request.params.uid, request.params.conversation);
      return reply.status(204).send(null);
    },
  );

  app.put(
    '/v1/users/:uid/conversations/:conversation/read',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'markRead',
        tags: ['conversations'],
        summary: 'Mark a conversation read',
        description:
          'Moves the read mark forward to a message. It never goes back: a mark further on stays, and is answered. The ' +
          'user’s open streams get a `read` event, and so do those of the others, in a direct chat and in a group of up ' +
          `to ${RECEIPTS_MAX}, unless \`receipt\` is false. For the user itself, or a server key. Idempotent.`,
        params: ConversationParams,
        body: ref(ReadInput),
        response: responses(
          { 200: answer(Conversation, 'The conversation as it is now.') },
          'conversation_not_found',
          'message_not_found',
        ),
      },
    },
    (request) => {
      const { uid, conversation } = request.params;
      const { upTo, receipt } = request.body;
      return request.space.conversations.markRead(uid, conversation, messageIdOf(upTo, 'body/upTo'), receipt);
    },
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation/receipts',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listReceipts',
        tags: ['conversations'],
        summary: 'List who has read up to where',
        description:
          'Of each member of a group (of up to ' +
          `${RECEIPTS_MAX}), or of both in a direct chat. Who marks with \`receipt: false\` is not told of, nor the other one where one has blocked the other. \`read\` events ` +
          'keep it up to date. For the user itself (in a group, as long as a member), or a server key.',
        params: ConversationParams,
        response: responses(
          { 200: answer(ReceiptList, 'All of them.') },
          'not_member',
          'group_not_found',
          'conversation_not_found',
          'too_many_members',
        ),
      },
    },
    async (request) => {
      const { uid, conversation } = request.params;
      return { items: await request.space.conversations.receipts(uid, conversation) };
    },
  );
}
