import Type from 'typebox';
import { type Cursor, STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';
import { component, input, ref } from '../../http/openapi/component.ts';
import { defaulted, query, TimeText } from '../../http/openapi/params.ts';
import { CONSUMER_PATTERN, JOURNAL_START_PATTERN } from '../../http/openapi/patterns.ts';
import { cursorEvents, oneEventOf } from '../../http/streams/event-schemas.ts';
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

/** What an NDJSON line of the journal's stream is. */
export const JournalStreamEvent = oneEventOf(
  'JournalStreamEvent',
  'An event of the journal’s stream: a line of NDJSON.',
  cursorEvents({
    prefix: 'Journal',
    item: { name: 'entry', schema: 'JournalEntry', text: 'Something was decided.', data: BackendEvent, example: EVENT },
    cursor: journalCursor,
    example: CURSOR,
    gap: JournalGap,
    reasons: '`shutdown`, `space_removed`, `consumer_removed`, `too_slow`, `too_many_subscribers`',
  }),
  { event: 'entry', cursor: CURSOR, data: EVENT },
);

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
