import Type from 'typebox';
import type { Gap as StreamGap } from '../../delivery/source.ts';
import { type Cursor, STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';
import { component, named, ref } from '../../http/openapi/component.ts';
import { defaulted, query, UidsText } from '../../http/openapi/params.ts';
import { START_PATTERN } from '../../http/openapi/patterns.ts';
import { MessageExample, messageProperties } from '../messages/schemas.ts';

export const cursor = (description: string) =>
  Type.Unsafe<Cursor>({ type: 'string', pattern: STREAM_ID_PATTERN, description, examples: ['1763900000123-17'] });

export const InboxItem = component('InboxItem', {
  description: 'A message or event, and the place of it in the inbox.',
  properties: { cursor: cursor('Resume after this item with `start`.'), ...messageProperties },
  examples: [{ cursor: '1763900000123-17', ...MessageExample }],
});

const GapReason = named<StreamGap['reason']>('GapReason', {
  type: 'string',
  enum: ['trimmed', 'reset'] satisfies StreamGap['reason'][],
  description: '`trimmed`: the inbox no longer keeps it. `reset`: Redis lost data, and the ids started anew.',
  examples: ['trimmed'],
});

export const Gap = component('Gap', {
  description: 'Something is missing in front of the items, and can be read elsewhere.',
  properties: {
    reason: GapReason,
    requested: cursor('The cursor that was asked for.'),
    resumed: cursor('The cursor after which reading went on.'),
    lost: Type.Optional(
      Type.Integer({ description: 'How many entries are missing, where that is known.', minimum: 1 }),
    ),
    backfill: Type.String({
      description: 'Where to find what is missing: the conversations, whose histories are complete.',
      examples: ['/v1/users/bob/conversations'],
    }),
  },
  examples: [
    {
      reason: 'trimmed',
      requested: '1763900000123-17',
      resumed: '1763900000123-20',
      lost: 3,
      backfill: '/v1/users/bob/conversations',
    },
  ],
});

export const Inbox = component('Inbox', {
  description: 'A part of an inbox.',
  properties: {
    items: Type.Array(ref(InboxItem)),
    next: cursor('Pass it as `start` to go on. Always there, also when there are no items.'),
    gap: Type.Optional(ref(Gap)),
  },
  examples: [{ items: [{ cursor: '1763900000123-17', ...MessageExample }], next: '1763900000123-17' }],
});

const START =
  '`0` (the oldest entry kept), `$` (from now on), or a cursor: `next`, an item’s `cursor`, an event’s `id`.';
const startText = (description: string, options = {}) =>
  Type.String({
    pattern: START_PATTERN,
    description: `${description} ${START}`,
    examples: ['0', '$', '1763900000123-17'],
    ...options,
  });

export const InboxQuery = query({
  // No `default`: it has to be seen whether it was given.
  start: Type.Optional(startText('Where to start, `0` if absent; needed with `block`:')),
  count: defaulted(Type.Integer({ description: 'How many items at most.', minimum: 1, maximum: 100, default: 20 })),
  block: defaulted(
    Type.Integer({
      description: 'How long to wait if there is nothing after `start`, ms. 0 answers at once.',
      minimum: 0,
      maximum: 60_000,
      default: 0,
    }),
  ),
});

export const TICKET = {
  type: 'string',
  description: 'A ticket in place of the Authorization header.',
  maxLength: 1_000,
} as const;

export const StreamQuery = query({
  start: defaulted(startText('Where to start:', { default: '$' })),
  watch: Type.Optional(
    UidsText('Users of whom the stream tells by `presence` events how they are at first, and when they come and go.'),
  ),
  ticket: Type.Optional(Type.String(TICKET)),
});

export const StreamHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description: 'A cursor, as EventSource sends it when it reconnects. If it is not empty it wins over `start`.',
      examples: ['1763900000123-17'],
    }),
  ),
});
