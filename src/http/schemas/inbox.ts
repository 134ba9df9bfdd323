import Type from 'typebox';
import type { Cursor } from '../../ids.ts';
import type { Gap as ImGap } from '../../im/inbox.ts';
import { component, ref } from './component.ts';
import { MessageExample, messageProperties } from './messages.ts';
import { defaulted, query } from './params.ts';

const cursor = (description: string) =>
  Type.Unsafe<Cursor>({ type: 'string', description, examples: ['1763900000123-17'] });

export const InboxItem = component('InboxItem', {
  description: 'A message or event, and the place of it in the inbox.',
  properties: { cursor: cursor('Resume after this item with `start`.'), ...messageProperties },
  examples: [{ cursor: '1763900000123-17', ...MessageExample }],
});

export const Gap = component('Gap', {
  description: 'Something is missing in front of the items, and can be read elsewhere.',
  properties: {
    reason: Type.Unsafe<ImGap['reason']>({
      type: 'string',
      enum: ['trimmed', 'reset'],
      description: '`trimmed`: the inbox no longer keeps it. `reset`: Redis lost data, and the ids started anew.',
    }),
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
/** Its form is checked by the route, which shows a right one. */
const startText = (description: string, options = {}) =>
  Type.String({ description: `${description} ${START}`, examples: ['0', '$', '1763900000123-17'], ...options });

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
      examples: [10_000],
    }),
  ),
});

export const StreamQuery = query({
  start: defaulted(startText('Where to start:', { default: '$' })),
  ticket: Type.Optional(
    Type.String({ description: 'A ticket in place of the Authorization header.', maxLength: 1_000 }),
  ),
});

export const StreamHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description: 'A cursor, as EventSource sends it when it reconnects. If it is not empty it wins over `start`.',
      examples: ['1763900000123-17'],
    }),
  ),
});
