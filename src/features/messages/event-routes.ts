import { SENDING_REFUSALS } from '../../domain/refusals.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { ConversationParams } from '../../http/openapi/params.ts';
import { answer, responses } from '../../http/openapi/responses.ts';
import { BODY_LIMIT } from '../../http/plugins/body-limit.ts';
import { EventInput } from './event-schemas.ts';
import { Message } from './schemas.ts';

/** Events of the server's own, beside what people send. */
export function eventRoutes(app: App): void {
  app.post(
    '/v1/users/:uid/conversations/:conversation/events',
    {
      config: { access: 'server' },
      bodyLimit: BODY_LIMIT.fields,
      schema: {
        operationId: 'createEvent',
        tags: ['messages'],
        summary: 'Put an event into a conversation',
        description:
          'An entry with the action `custom` in the name of a user, who has to be able to send there now: a call that ' +
          'began, for example. It is delivered and kept as a message is, but makes nothing unread, and nobody edits it or ' +
          'reacts to it. Give it a `text`, which clients that do not know it can show. Only for a server key. With a ' +
          '`clientMessageId` it may be repeated for 24 hours, as a send.',
        params: ConversationParams,
        body: ref(EventInput),
        response: responses(
          { 201: answer(Message, 'The event is stored.'), 200: answer(Message, 'It was stored before.') },
          ...SENDING_REFUSALS,
          'reserved_field',
          'fields_too_large',
          'client_message_id_reused',
          'message_denied',
        ),
      },
    },
    async (request, reply) => {
      const { uid, conversation } = request.params;
      const { message, created } = await request.space.messages.createEvent(uid, conversation, request.body);
      return reply.status(created ? 201 : 200).send(message);
    },
  );
}
