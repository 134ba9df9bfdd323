import Type from 'typebox';
import { type Cursor, STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';
import { component, ref } from '../../http/openapi/component.ts';
import { defaulted, query } from '../../http/openapi/params.ts';
import { START_PATTERN } from '../../http/openapi/patterns.ts';
import { gapSchema } from '../../http/streams/gap-schemas.ts';
import { streamHeaders, streamQuery } from '../../http/streams/stream-schemas.ts';
import { MessageExample, messageProperties } from '../messages/schemas.ts';

export const cursor = (description: string) =>
  Type.Unsafe<Cursor>({ type: 'string', pattern: STREAM_ID_PATTERN, description, examples: ['1763900000123-17'] });

export const InboxItem = component('InboxItem', {
  description: 'A message or event, and the place of it in the inbox.',
  properties: { cursor: cursor('Resume after this item with `start`.'), ...messageProperties },
  examples: [{ cursor: '1763900000123-17', ...MessageExample }],
});

export const Gap = gapSchema(
  'Gap',
  cursor,
  {
    requested: '1763900000123-17' as Cursor,
    resumed: '1763900000123-20' as Cursor,
    lost: 3,
    backfill: '/v1/users/bob/conversations',
  },
  'the conversations, whose histories are complete.',
);

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

export const StreamQuery = streamQuery(startText('Where to start:', { default: '$' }));
export const StreamHeaders = streamHeaders('1763900000123-17');
