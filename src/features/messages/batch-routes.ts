import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { answer, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { problemOf } from '../../http/plugins/problem.ts';
import { BatchInput, BatchOutput, MAX_BATCH } from './batch-schemas.ts';
import { replyToOf } from './routes.ts';

/** Many messages at once, for a server that speaks for its users. */
export function batchRoutes(app: App): void {
  app.post(
    '/v1/messages/batch',
    {
      config: { access: 'server' },
      bodyLimit: BODY_LIMIT.batch,
      schema: {
        operationId: 'sendBatch',
        tags: ['messages'],
        summary: 'Send many messages',
        description:
          `Up to ${MAX_BATCH} messages, stored in the order given. Each stands for itself: the answer is 200 with a result ` +
          'for each, in the same order, also when some were refused. Only for a server key. Repeat it safely by giving ' +
          'each message a `clientMessageId`.',
        body: ref(BatchInput),
        response: responses({ 200: answer(BatchOutput, 'A result for each message.') }),
      },
    },
    async (request) => {
      const outcomes = await request.space.messages.sendMany(
        request.body.messages.map((one, i) => ({ ...one, replyTo: replyToOf(one, `body/messages/${i}/replyTo`) })),
      );
      return {
        results: outcomes.map((outcome) => {
          if ('error' in outcome)
            return { status: outcome.error.status, problem: problemOf(outcome.error, request.id) };
          return { status: outcome.created ? 201 : 200, message: outcome.message };
        }),
      };
    },
  );
}
