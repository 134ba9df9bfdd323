import Type from 'typebox';
import { defaulted, query, UidsText } from '../../http/openapi/params.ts';
import { LOG_START_PATTERN } from '../../http/openapi/patterns.ts';
import { streamEvent } from '../inbox/event-schemas.ts';
import { TICKET } from '../inbox/schemas.ts';
import { LogGap, logCursor } from '../messages/schemas.ts';

const CURSOR = '1763900000123~7~1763900311455-42';

/** What an NDJSON line of a conversation's stream is. */
export const ConversationStreamEvent = streamEvent(
  'ConversationStreamEvent',
  'An event of the stream of one conversation: a line of NDJSON.',
  {
    prefix: 'Log',
    message: 'LogMessage',
    whatMessage: 'A message, a change of one or a system event, as it was written.',
    cursor: logCursor,
    example: CURSOR,
    gap: LogGap,
    reasons: ', `not_member`, `group_removed`',
  },
);

export const LogStreamQuery = query({
  start: defaulted(
    Type.String({
      pattern: LOG_START_PATTERN,
      description:
        'Where to start: `0` (the oldest entry that the user may read), `$` (from now on), the `id` of a message, or a cursor: ' +
        'an event’s `id`.',
      examples: ['0', '$', '1763900311455-42', CURSOR],
      default: '$',
    }),
  ),
  watch: Type.Optional(
    UidsText('Users of whom the stream tells by `presence` events how they are at first, and when they come and go.'),
  ),
  ticket: Type.Optional(Type.String(TICKET)),
});

export const LogStreamHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      description: 'A cursor, as EventSource sends it when it reconnects. If it is not empty it wins over `start`.',
      examples: [CURSOR],
    }),
  ),
});
