import { ImError } from '../../domain/errors.ts';
import type { App } from '../../http/fastify.ts';
import { ref } from '../../http/openapi/component.ts';
import { msOf } from '../../http/openapi/params.ts';
import { answer, listOf, nothing, responses } from '../../http/openapi/responses.ts';
import type { Egress } from './egress.ts';
import {
  DeliveriesQuery,
  Delivery,
  NewWebhook,
  Redelivered,
  Redelivery,
  Secret,
  SecretInput,
  TestDelivery,
  Webhook,
  WebhookInput,
  WebhookList,
  WebhookParams,
  WebhookPatch,
} from './schemas.ts';

const DeliveryList = listOf(Delivery, '1763900311500-0');

const SENDING = `Every event is a POST as Standard Webhooks (https://www.standardwebhooks.com) says: \`webhook-id\`, which is the same each time that the
event is sent, \`webhook-timestamp\`, \`webhook-signature\`, and a body of \`type\`, \`timestamp\` and \`data\`: a \`BackendEvent\`. Answer within 15 s with a status from 200 to
299. Otherwise it is sent again after 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 10 h and 24 h, or when \`Retry-After\` says; events may then come in another order.
410 ends it. Redirects are not followed, and private networks are not reached.`;

/** Webhooks, for the server's own backend. */
export function webhookRoutes(app: App, { egress }: { egress: Egress }): void {
  app.get(
    '/v1/webhooks',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'listWebhooks',
        tags: ['webhooks'],
        summary: 'List the webhooks',
        description: 'With how they fare; the oldest first. With a server key.',
        response: responses({ 200: answer(WebhookList, 'All webhooks.') }),
      },
    },
    async (request) => ({ items: await request.space.webhooks.list() }),
  );

  app.post(
    '/v1/webhooks',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'createWebhook',
        tags: ['webhooks'],
        summary: 'Have events sent',
        description: `What is decided from now on is sent there, at least once. ${SENDING}\n\nThe answer has the secret, which is told once. With a server key.`,
        body: ref(WebhookInput),
        response: responses(
          { 201: answer(NewWebhook, 'The webhook.') },
          'too_many_webhooks',
          'too_many_consumers',
          'update_pending',
        ),
      },
    },
    async (request, reply) => {
      const { secret, ...webhook } = request.body;
      return reply.status(201).send(await request.space.webhooks.create(webhook, secret));
    },
  );

  app.get(
    '/v1/webhooks/:webhook',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'getWebhook',
        tags: ['webhooks'],
        summary: 'Read a webhook',
        description: 'With how it fares, without its secret. With a server key.',
        params: WebhookParams,
        response: responses({ 200: answer(Webhook, 'The webhook.') }, 'webhook_not_found'),
      },
    },
    (request) => request.space.webhooks.get(request.params.webhook),
  );

  app.patch(
    '/v1/webhooks/:webhook',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'patchWebhook',
        tags: ['webhooks'],
        summary: 'Change a webhook',
        description: 'What is given is changed, and holds within a second. With a server key.',
        params: WebhookParams,
        body: ref(WebhookPatch),
        response: responses({ 200: answer(Webhook, 'The webhook.') }, 'webhook_not_found'),
      },
    },
    (request) => request.space.webhooks.patch(request.params.webhook, request.body),
  );

  app.delete(
    '/v1/webhooks/:webhook',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'deleteWebhook',
        tags: ['webhooks'],
        summary: 'Remove a webhook',
        description: 'Nothing is sent there any more. With a server key.',
        params: WebhookParams,
        response: responses({ 204: nothing('There is no such webhook.') }),
      },
    },
    async (request, reply) => {
      await request.space.webhooks.remove(request.params.webhook);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/v1/webhooks/:webhook/secret',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'rotateWebhookSecret',
        tags: ['webhooks'],
        summary: 'Sign with another secret',
        description:
          'The secret before it goes on signing for a day: both signatures are sent, so that a receiver can change over meanwhile. ' +
          'With a server key.',
        params: WebhookParams,
        body: ref(SecretInput),
        response: responses({ 201: answer(Secret, 'The secret.') }, 'webhook_not_found'),
      },
    },
    async (request, reply) => {
      const { webhooks } = request.space;
      return reply.status(201).send(await webhooks.rotate(request.params.webhook, request.body.secret));
    },
  );

  app.get(
    '/v1/webhooks/:webhook/deliveries',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'listDeliveries',
        tags: ['webhooks'],
        summary: 'List what was sent',
        description: 'Each try, the newest first, of the last three days. With a server key.',
        params: WebhookParams,
        querystring: DeliveriesQuery,
        response: responses({ 200: answer(DeliveryList, 'A page of deliveries.') }, 'webhook_not_found'),
      },
    },
    (request) => request.space.deliveries.list(request.params.webhook, request.query),
  );

  app.post(
    '/v1/webhooks/:webhook/redeliver',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'redeliver',
        tags: ['webhooks'],
        summary: 'Send events again',
        description:
          'One event that was sent in the last three days, or all since a moment that were not delivered. Messages that were ' +
          'erased since have no text. With a server key.',
        params: WebhookParams,
        body: ref(Redelivery),
        response: responses({ 202: answer(Redelivered, 'They are about to be sent.') }, 'webhook_not_found'),
      },
    },
    async (request, reply) => {
      const { event, since } = request.body;
      if ((event === undefined) === (since === undefined)) {
        throw new ImError(
          'invalid_request',
          'Name one "event", or a moment "since": {"since": "2025-11-23T12:18:31Z"}.',
        );
      }
      const which = event === undefined ? { sinceMs: msOf(since!, 'body/since') } : { event };
      const events = await request.space.deliveries.redeliver(request.params.webhook, which);
      return reply.status(202).send({ events });
    },
  );

  app.post(
    '/v1/webhooks/:webhook/test',
    {
      config: { access: 'server' },
      schema: {
        operationId: 'testWebhook',
        tags: ['webhooks'],
        summary: 'Send a test event',
        description:
          'An event of the type `webhook.test`, signed as any, at once and once; also where the webhook is disabled. With a server key.',
        params: WebhookParams,
        response: responses({ 200: answer(TestDelivery, 'What came of it.') }, 'webhook_not_found'),
      },
    },
    (request) => request.space.deliveries.test(request.params.webhook, egress),
  );
}
