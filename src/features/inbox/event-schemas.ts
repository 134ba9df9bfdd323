import Type, { type Static, type TSchema } from 'typebox';
import { component, named, ref } from '../../http/openapi/component.ts';
import { Message, MessageExample } from '../messages/schemas.ts';
import { cursor, Gap } from './schemas.ts';

/** An event of a stream, as an NDJSON line tells it; as SSE `event` and `id` are lines of their own, and `data` is the data. */
function event<Data extends TSchema>(
  schema: string,
  name: string,
  description: string,
  data: Data,
  example: Static<Data>,
) {
  return component(schema, {
    description,
    properties: { event: Type.Literal(name), cursor: cursor('Resume after this event with `start`.'), data },
    examples: [{ event: name, cursor: '1763900000123-17', data: example }],
  });
}

const at = { cursor: cursor('As the event’s.') };
const AT = { cursor: '1763900000123-17' };

const events = {
  ready: event(
    'ReadyEvent',
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
    { ...AT, heartbeatMs: 20_000 } as never,
  ),
  message: event(
    'InboxMessageEvent',
    'message',
    'A message or a system event, as in the history.',
    ref(Message),
    MessageExample as never,
  ),
  gap: event('GapEvent', 'gap', 'Something is missing here; `backfill` says where to find it.', ref(Gap), {
    reason: 'trimmed',
    requested: '1763900000123-14',
    resumed: '1763900000123-17',
    lost: 3,
    backfill: '/v1/users/bob/conversations',
  } as never),
  heartbeat: event(
    'HeartbeatEvent',
    'heartbeat',
    'You have everything up to now: the server has just compared.',
    Type.Object(at),
    AT as never,
  ),
  bye: event(
    'ByeEvent',
    'bye',
    'The stream ends.',
    Type.Object({
      reason: Type.String({
        description:
          'Why: `shutdown`, `token_expired`, `user_removed`, `too_slow`, `too_many_subscribers`; there may be more one day.',
        examples: ['shutdown'],
      }),
      ...at,
    }),
    { reason: 'shutdown', ...AT } as never,
  ),
};

const pointer = (schema: { $id: string }) => `#/components/schemas/${schema.$id}`;

/** What an NDJSON line of a stream is. */
export const StreamEvent = named<{ [Name in keyof typeof events]: Static<(typeof events)[Name]> }[keyof typeof events]>(
  'StreamEvent',
  {
    description:
      'An event of a stream: a line of NDJSON. Ignore an `event` that you do not know: there may be more one day.',
    oneOf: Object.values(events).map((schema) => ({ $ref: `${schema.$id}#` })),
    discriminator: {
      propertyName: 'event',
      mapping: Object.fromEntries(Object.entries(events).map(([name, schema]) => [name, pointer(schema)])),
    },
    examples: [{ event: 'ready', cursor: '1763900000123-17', data: { ...AT, heartbeatMs: 20_000 } }],
  },
);
