import Type from 'typebox';
import { LOG_START_PATTERN } from '../../http/openapi/patterns.ts';
import { streamHeaders, streamQuery } from '../../http/streams/stream-schemas.ts';
import { streamEvent } from '../inbox/event-schemas.ts';
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

export const LogStreamQuery = streamQuery(
  Type.String({
    pattern: LOG_START_PATTERN,
    description:
      'Where to start: `0` (the oldest entry that the user may read), `$` (from now on), the `id` of a message, or a cursor: ' +
      'an event’s `id`.',
    examples: ['0', '$', '1763900311455-42', CURSOR],
    default: '$',
  }),
);
export const LogStreamHeaders = streamHeaders(CURSOR);
