import { READING_REFUSALS, SENDING_REFUSALS } from '../../domain/refusals.ts';
import type { App } from '../../http/fastify.ts';
import { MessageParams, messageIdOf, pageQuery } from '../../http/openapi/params.ts';
import { answer, nothing, responses } from '../../http/openapi/responses.ts';
import { MessageReactions, ReactionParams, ReactorList } from './schemas.ts';

/** Reactions to messages. */
export function reactionRoutes(app: App): void {
  app.put(
    '/v1/users/:uid/conversations/:conversation/messages/:mid/reactions/:reaction',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'putReaction',
        tags: ['reactions'],
        summary: 'React to a message',
        description:
          'For whoever may send here now; a server key acts as the user in the path. A message takes 20 different ones, and its ' +
          'author finds one `react` event in the inbox for each person, the first time. Idempotent.',
        params: ReactionParams,
        response: responses(
          { 200: answer(MessageReactions, 'All reactions to the message.') },
          ...SENDING_REFUSALS,
          'message_not_found',
          'message_erased',
          'too_many_reactions',
        ),
      },
    },
    async (request) => {
      const { uid, conversation, mid, reaction } = request.params;
      return {
        reactions: await request.space.reactions.add(uid, conversation, messageIdOf(mid, 'params/mid'), reaction),
      };
    },
  );

  app.delete(
    '/v1/users/:uid/conversations/:conversation/messages/:mid/reactions/:reaction',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'deleteReaction',
        tags: ['reactions'],
        summary: 'Take a reaction back',
        description: 'One of the user in the path, for whoever may send here now, or a server key. Idempotent.',
        params: ReactionParams,
        response: responses({ 204: nothing('The reaction is not there.') }, ...SENDING_REFUSALS, 'message_not_found'),
      },
    },
    async (request, reply) => {
      const { uid, conversation, mid, reaction } = request.params;
      await request.space.reactions.remove(uid, conversation, messageIdOf(mid, 'params/mid'), reaction);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/v1/users/:uid/conversations/:conversation/messages/:mid/reactions',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'listReactions',
        tags: ['reactions'],
        summary: 'List who reacted',
        description:
          'Each person with its reactions. For the user itself (in a group, as long as a member), or a server key.',
        params: MessageParams,
        querystring: pageQuery(100, 'users', 'bob'),
        response: responses(
          { 200: answer(ReactorList, 'A page of people.') },
          ...READING_REFUSALS,
          'message_not_found',
        ),
      },
    },
    (request) => {
      const { uid, conversation, mid } = request.params;
      return request.space.reactions.list(uid, conversation, messageIdOf(mid, 'params/mid'), request.query);
    },
  );
}
