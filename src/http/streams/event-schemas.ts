import Type, { type Static, type TSchema, type TUnsafe } from 'typebox';
import type { Cursor } from '../../domain/stream-ids.ts';
import { component, named, ref } from '../openapi/component.ts';

/** What is different between the streams of one kind of source and those of another. */
interface Kind<Name extends string, Data extends TSchema> {
  /** In front of the names of the schemas that another kind has, too. */
  prefix: string;
  /** What the stream is of. */
  item: {
    name: Name;
    /** The name of its schema, without "Event". */
    schema: string;
    text: string;
    data: Data;
    example: unknown;
  };
  cursor: (description: string) => TUnsafe<Cursor>;
  /** A cursor. */
  example: string;
  gap: Parameters<typeof ref>[0] & { examples?: unknown };
  /** Why a stream ends. */
  reasons: string;
}

/** The events of a stream that have a cursor. */
export function cursorEvents<Name extends string, Data extends TSchema>({
  prefix,
  item,
  cursor,
  example,
  gap,
  reasons,
}: Kind<Name, Data>) {
  const at = { cursor: cursor('As the event’s.') };
  const AT = { cursor: example };
  /** As SSE `event` and `id` are lines of their own, and `data` is the data. */
  function event<Of extends TSchema>(name: string, text: string, data: Of, of: unknown, as = prefix + capital(name)) {
    return component(`${as}Event`, {
      description: text,
      properties: { event: Type.Literal(name), cursor: cursor('Resume after this event with `start`.'), data },
      examples: [{ event: name, cursor: example, data: of } as never],
    });
  }
  return {
    ready: event(
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
      { ...AT, heartbeatMs: 20_000 },
    ),
    ...({ [item.name]: event(item.name, item.text, item.data, item.example, item.schema) } as Record<
      Name,
      ReturnType<typeof event<Data>>
    >),
    gap: event(
      'gap',
      'Something is missing here; `backfill` says where to find it.',
      ref(gap),
      (gap.examples as unknown[])[0],
    ),
    heartbeat: event('heartbeat', 'You have everything up to now: the server has just compared.', Type.Object(at), AT),
    bye: event(
      'bye',
      'The stream ends.',
      Type.Object({
        reason: Type.String({
          description: `Why: ${reasons}; there may be more one day.`,
          examples: ['shutdown'],
        }),
        ...at,
      }),
      { reason: 'shutdown', ...AT },
    ),
  };
}

/** Any of the events of a stream: what an NDJSON line is. */
export function oneEventOf<Events extends Record<string, TSchema & { $id: string }>>(
  schema: string,
  description: string,
  events: Events,
  example: object,
) {
  const all = Object.entries(events);
  return named<{ [Name in keyof Events]: Static<Events[Name]> }[keyof Events]>(schema, {
    description: `${description} Ignore an \`event\` that you do not know: there may be more one day.`,
    oneOf: all.map(([, { $id }]) => ({ $ref: `${$id}#` })),
    discriminator: {
      propertyName: 'event',
      mapping: Object.fromEntries(all.map(([name, { $id }]) => [name, `#/components/schemas/${$id}`])),
    },
    examples: [example as never],
  });
}

const capital = (name: string) => name[0]!.toUpperCase() + name.slice(1);
