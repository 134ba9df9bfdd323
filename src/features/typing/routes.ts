import { SENDING_REFUSALS } from '../../domain/refusals.ts';
import { RECEIPTS_MAX } from '../../domain/signals.ts';
import type { App } from '../../http/fastify.ts';
import { ConversationParams } from '../../http/openapi/params.ts';
import { nothing, responses } from '../../http/openapi/responses.ts';

/** Who is typing. */
export function typingRoutes(app: App): void {
  app.put(
    '/v1/users/:uid/conversations/:conversation/typing',
    {
      config: { access: 'self' },
      schema: {
        operationId: 'putTyping',
        tags: ['conversations'],
        summary: 'Tell that one is typing',
        description:
          'The open streams of the others get a `typing` event, at most one in 2 seconds: repeat it every few seconds ' +
          'while there is typing. It holds for 6 seconds, and nothing is kept. In a direct chat, and in groups of up to ' +
          `${RECEIPTS_MAX} members. For whoever may send there: the user itself, or a server key.`,
        params: ConversationParams,
        response: responses(
          { 204: nothing('The others were told, now or just before.') },
          ...SENDING_REFUSALS,
          'too_many_members',
        ),
      },
    },
    async (request, reply) => {
      await request.space.typing.tell(request.params.uid, request.params.conversation);
      return reply.status(204).send(null);
    },
  );
}
