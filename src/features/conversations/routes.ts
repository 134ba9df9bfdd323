import { RECEIPTS_MAX } from '../../domain/signals.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { ConversationParams, messageIdOf, pageQuery, SelfParams } from '../../http/openapi/params.ts';
import { answer, responses } from '../../http/openapi/responses.ts';
import type { Conversations } from './conversations.ts';
import { Conversation, ConversationList, ReadInput, ReceiptList } from './schemas.ts';

const MAX_PAGE = 100;

/** What a user has talked about, and how far each conversation is read. */
export function conversationRoutes(app: App, { conversations }: { conversations: Conversations }): void {
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
    (request) => conversations.list(request.params.uid, request.query),
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
      return conversations.markRead(uid, conversation, messageIdOf(upTo, 'body/upTo'), receipt);
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
          `${RECEIPTS_MAX}), or of both in a direct chat. Who marks with \`receipt: false\` is not told of. \`read\` events ` +
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
      return { items: await conversations.receipts(uid, conversation) };
    },
  );
}
