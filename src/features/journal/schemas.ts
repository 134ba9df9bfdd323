import Type, { type TSchema } from 'typebox';
import { type Cursor, STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';
import { component, input, named, ref } from '../../http/openapi/component.ts';
import { defaulted, query, TimeText } from '../../http/openapi/params.ts';
import { CONSUMER_PATTERN, JOURNAL_START_PATTERN } from '../../http/openapi/patterns.ts';
import { gapSchema } from '../../http/streams/gap-schemas.ts';
import { streamHeaders } from '../../http/streams/stream-schemas.ts';
import { RETENTION_S } from './consumers.ts';
import { BackendEvent } from './event-schemas.ts';

const CURSOR = '1763900000123-17' as Cursor;
const EVENT = {
  type: 'user.created',
  timestamp: '2025-11-23T12:18:31.455Z',
  data: { uid: 'alice' },
} as const;

const journalCursor = (description: string) =>
  Type.Unsafe<Cursor>({ type: 'string', pattern: STREAM_ID_PATTERN, description, examples: [CURSOR] });
const consumerName = (description: string) =>
  Type.String({ pattern: CONSUMER_PATTERN, description, examples: ['billing'] });

export const JournalGap = gapSchema(
  'JournalGap',
  journalCursor,
  { requested: CURSOR, resumed: '1763900000123-20' as Cursor, backfill: '/v1/users' },
  'the lists of all users, and of all groups at `/v1/groups`. How many are missing is not known.',
);

export const JournalEntry = component('JournalEntry', {
  description: 'Something that was decided, and its place in the journal.',
  properties: { cursor: journalCursor('Acknowledge it, or resume after it with `start`.'), event: BackendEvent },
  examples: [{ cursor: CURSOR, event: EVENT }],
});

export const JournalPage = component('JournalPage', {
  description: 'A part of the journal.',
  properties: {
    items: Type.Array(ref(JournalEntry)),
    next: journalCursor('Pass it as `start` to go on, or acknowledge it. Always there, also when there are no items.'),
    gap: Type.Optional(ref(JournalGap)),
  },
  examples: [{ items: [{ cursor: CURSOR, event: EVENT }], next: CURSOR }],
});

const consumer = consumerName('The consumer that reads: make it with `PUT /v1/journal/consumers/{name}`.');
const start = defaulted(
  Type.String({
    pattern: JOURNAL_START_PATTERN,
    description:
      'Where to start: `acknowledged` (after what the consumer has acknowledged), `0` (the oldest entry kept), `$` (from now on), or a cursor.',
    examples: ['acknowledged', '0', '$', CURSOR],
    default: 'acknowledged',
  }),
);

export const JournalQuery = query({
  consumer,
  start,
  count: defaulted(Type.Integer({ description: 'How many items at most.', minimum: 1, maximum: 1_000, default: 100 })),
  block: defaulted(
    Type.Integer({
      description: 'How long to wait if there is nothing after `start`, ms. 0 answers at once.',
      minimum: 0,
      maximum: 60_000,
      default: 0,
    }),
  ),
});

export const JournalStreamQuery = query({ consumer, start });
export const JournalStreamHeaders = streamHeaders(CURSOR);

const at = { cursor: journalCursor('As the event’s.') };

/** As in an inbox's stream, of which the events without a message are. */
function streamed<Data extends TSchema>(name: string, description: string, data: Data, example: object) {
  const schema = name[0]!.toUpperCase() + name.slice(1);
  return component(`Journal${schema}Event`, {
    description,
    properties: { event: Type.Literal(name), cursor: journalCursor('Resume after this event with `start`.'), data },
    examples: [{ event: name, cursor: CURSOR, data: example } as never],
  });
}

const STREAMED = {
  ready: streamed(
    'ready',
    'The stream is open. Comes first, so that you always have a cursor.',
    Type.Object({
      ...at,
      heartbeatMs: Type.Integer({
        minimum: 1,
        description: 'The time between two heartbeats, ms.',
        examples: [20_000],
      }),
    }),
    { cursor: CURSOR, heartbeatMs: 20_000 },
  ),
  entry: streamed('entry', 'Something was decided.', BackendEvent, EVENT),
  gap: streamed('gap', 'Something is missing here; `backfill` says where to find it.', ref(JournalGap), {
    reason: 'trimmed',
    requested: CURSOR,
    resumed: '1763900000123-20',
    backfill: '/v1/users',
  }),
  heartbeat: streamed('heartbeat', 'You have everything up to now: the server has just compared.', Type.Object(at), {
    cursor: CURSOR,
  }),
  bye: streamed(
    'bye',
    'The stream ends.',
    Type.Object({
      reason: Type.String({
        description:
          'Why: `shutdown`, `space_removed`, `consumer_removed`, `too_slow`, `too_many_subscribers`; there may be more one day.',
        examples: ['shutdown'],
      }),
      ...at,
    }),
    { reason: 'shutdown', cursor: CURSOR },
  ),
};

/** What an NDJSON line of the journal's stream is. */
export const JournalStreamEvent = named<object>('JournalStreamEvent', {
  description:
    'An event of the journal’s stream: a line of NDJSON. Ignore an `event` that you do not know: there may be more one day.',
  oneOf: Object.values(STREAMED).map((one) => ({ $ref: `${one.$id}#` })),
  discriminator: {
    propertyName: 'event',
    mapping: Object.fromEntries(
      Object.entries(STREAMED).map(([name, one]) => [name, `#/components/schemas/${one.$id}`]),
    ),
  },
  examples: [{ event: 'entry', cursor: CURSOR, data: EVENT }],
});

const retention = Type.Integer({
  minimum: 3_600,
  maximum: 2_592_000,
  description: `How long it may stay away until nothing is kept for it, s; ${RETENTION_S} if absent.`,
  examples: [RETENTION_S],
});

const CONSUMER = {
  name: 'billing',
  acknowledged: CURSOR,
  retentionSeconds: RETENTION_S,
  createdAt: '2025-11-23T12:18:31.455Z',
  keptUntil: '2025-11-24T12:18:31.455Z',
};

export const Consumer = component('Consumer', {
  description: 'Somebody who follows the journal.',
  properties: {
    name: consumerName('Its name.'),
    acknowledged: journalCursor('Everything up to here is dealt with.'),
    retentionSeconds: retention,
    createdAt: TimeText('When it was made.'),
    keptUntil: TimeText('Until when the journal is kept for it, unless it reads or acknowledges before.'),
  },
  examples: [CONSUMER],
});

export const ConsumerList = component('ConsumerList', {
  description: 'All consumers.',
  properties: { items: Type.Array(ref(Consumer)) },
  examples: [{ items: [CONSUMER] }],
});

export const ConsumerInput = input('ConsumerInput', {
  description: 'How a consumer is to be.',
  properties: { retentionSeconds: Type.Optional(retention) },
  examples: [{ retentionSeconds: RETENTION_S }],
});

export const Checkpoint = input('Checkpoint', {
  description: 'What a consumer has dealt with.',
  properties: { acknowledged: journalCursor('The cursor of the last item that is dealt with, or a `next`.') },
  examples: [{ acknowledged: CURSOR }],
});

export const ConsumerParams = Type.Object({ consumer: consumerName('A consumer.') });
