import Type from 'typebox';
import { type Cursor, STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';
import { component, input, named, ref } from '../../http/openapi/component.ts';
import { pageQuery, TimeText } from '../../http/openapi/params.ts';
import { SECRET_PATTERN, URL_PATTERN, WEBHOOK_PATTERN } from '../../http/openapi/patterns.ts';
import { ConversationKindText, EventTypeText } from '../journal/event-schemas.ts';
import type { Delivery as DeliveryOutcome } from './deliveries.ts';
import type { DisabledReason } from './webhook-record.ts';

const ID = '3f0a6c1e-5a0b-4a57-9b3d-1d2c7f5a9e10';
const URL = 'https://example.com/hooks/redisim';
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const EVENT = '1763900000123-17' as Cursor;
const TIME = '2025-11-23T12:18:31.455Z';

const id = Type.String({ pattern: WEBHOOK_PATTERN, description: 'The webhook.', examples: [ID] });
const url = Type.String({
  pattern: URL_PATTERN,
  maxLength: 2_000,
  description: 'Where events are sent to: an address of the internet.',
  examples: [URL],
});
const eventTypes = Type.Array(EventTypeText, {
  maxItems: 100,
  description: 'Which types of events; absent or empty, all of them.',
});
const kinds = Type.Array(ConversationKindText, {
  maxItems: 3,
  description:
    'Of which kinds of conversations messages and reactions are sent; absent or empty, of all. What is about no conversation is sent in any case.',
});
const secret = Type.String({
  pattern: SECRET_PATTERN,
  description: 'What signs the events: `whsec_` and 24 to 64 bytes in base64. Absent: one is made.',
  examples: [SECRET],
});

const DisabledReasonText = named<DisabledReason>('WebhookDisabledReason', {
  type: 'string',
  enum: ['by_hand', 'gone', 'failing'] satisfies DisabledReason[],
  description: '`by_hand`: with PATCH. `gone`: the receiver has answered 410. `failing`: five days without a success.',
  examples: ['gone'],
});

const properties = {
  id,
  url,
  events: Type.Optional(eventTypes),
  conversationKinds: Type.Optional(kinds),
  createdAt: TimeText('When it was made.'),
  enabled: Type.Boolean({ description: 'Whether events are sent.', examples: [true] }),
  disabledReason: Type.Optional(DisabledReasonText),
  failingSince: Type.Optional(TimeText('Since when no event could be sent. Absent if the last one could.')),
  deliveredAt: Type.Optional(TimeText('When an event was last delivered.')),
  gapAt: Type.Optional(
    TimeText(
      'When events were last left out: it was so far behind that they were kept no more. Read anew what you keep a copy of.',
    ),
  ),
  retries: Type.Integer({ minimum: 0, description: 'How many events are to be sent again.', examples: [0] }),
};
const EXAMPLE = {
  id: ID,
  url: URL,
  events: ['message.created' as const],
  createdAt: TIME,
  enabled: true,
  retries: 0,
};

export const Webhook = component('Webhook', {
  description: 'Where events are sent to.',
  properties,
  examples: [EXAMPLE],
});

export const NewWebhook = component('NewWebhook', {
  description: 'A webhook, with the secret that signs its events: it is told once.',
  properties: { ...properties, secret },
  examples: [{ ...EXAMPLE, secret: SECRET }],
});

export const WebhookList = component('WebhookList', {
  description: 'All webhooks.',
  properties: { items: Type.Array(ref(Webhook)) },
  examples: [{ items: [EXAMPLE] }],
});

export const WebhookInput = input('WebhookInput', {
  description: 'A webhook to make.',
  properties: {
    url,
    events: Type.Optional(eventTypes),
    conversationKinds: Type.Optional(kinds),
    secret: Type.Optional(secret),
  },
  examples: [{ url: URL }, { url: URL, events: ['message.created'] }],
});

export const WebhookPatch = input('WebhookPatch', {
  description: 'What is to change.',
  properties: {
    url: Type.Optional(url),
    events: Type.Optional(eventTypes),
    conversationKinds: Type.Optional(kinds),
    enabled: Type.Optional(
      Type.Boolean({
        description: 'Whether events are sent. One that is enabled again gets what is decided from then on.',
        examples: [true],
      }),
    ),
  },
  examples: [{ enabled: true }],
});

export const SecretInput = input('WebhookSecretInput', {
  description: 'A secret.',
  properties: { secret: Type.Optional(secret) },
  examples: [{ secret: SECRET }],
});

export const Secret = component('WebhookSecret', {
  description: 'The secret that signs from now on.',
  properties: { secret },
  examples: [{ secret: SECRET }],
});

export const Outcome = named<DeliveryOutcome['outcome']>('DeliveryOutcome', {
  type: 'string',
  enum: ['delivered', 'failed'] satisfies DeliveryOutcome['outcome'][],
  description: '`delivered`: the receiver has answered with a status from 200 to 299.',
  examples: ['delivered'],
});

const tried = {
  outcome: Outcome,
  status: Type.Optional(Type.Integer({ description: 'What the receiver has answered.', examples: [200] })),
  problem: Type.Optional(
    Type.String({ description: 'Why there was no answer.', examples: ['connect ECONNREFUSED 203.0.113.7:443'] }),
  ),
  tookMs: Type.Integer({ minimum: 0, description: 'How long it took, ms.', examples: [42] }),
};

export const Delivery = component('Delivery', {
  description: 'One try to send an event.',
  properties: {
    id: Type.String({ pattern: STREAM_ID_PATTERN, description: 'The try.', examples: ['1763900311500-0'] }),
    event: Type.String({ pattern: STREAM_ID_PATTERN, description: 'The event: its `webhook-id`.', examples: [EVENT] }),
    type: Type.String({ description: 'Its type.', examples: ['message.created'] }),
    sentAt: TimeText('When it was tried.'),
    ...tried,
    attempt: Type.Integer({ minimum: 1, description: 'The number of the try.', examples: [1] }),
    nextAt: Type.Optional(TimeText('When it is tried again. Absent if it is not.')),
  },
  examples: [
    {
      id: '1763900311500-0',
      event: EVENT,
      type: 'message.created',
      sentAt: TIME,
      outcome: 'delivered',
      status: 200,
      tookMs: 42,
      attempt: 1,
    },
  ],
});

export const TestDelivery = component('TestDelivery', {
  description: 'What came of a test event.',
  properties: tried,
  examples: [{ outcome: 'delivered', status: 200, tookMs: 42 }],
});

export const Redelivery = input('Redelivery', {
  description: 'What to send again: one event, or all since a moment that were not delivered.',
  properties: {
    event: Type.Optional(
      Type.String({ pattern: STREAM_ID_PATTERN, description: 'The event: its `webhook-id`.', examples: [EVENT] }),
    ),
    since: Type.Optional(TimeText('All since then that were not delivered.')),
  },
  examples: [{ event: EVENT }, { since: TIME }],
});

export const Redelivered = component('Redelivered', {
  description: 'What is sent again.',
  properties: { events: Type.Integer({ minimum: 0, description: 'How many.', examples: [1] }) },
  examples: [{ events: 1 }],
});

export const WebhookParams = Type.Object({ webhook: id });
export const DeliveriesQuery = pageQuery(1_000, 'deliveries', '1763900311500-0');
