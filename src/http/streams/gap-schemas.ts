import Type, { type TUnsafe } from 'typebox';
import type { Gap as StreamGap } from '../../delivery/source.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import { component, named } from '../openapi/component.ts';

const GapReason = named<StreamGap['reason']>('GapReason', {
  type: 'string',
  enum: ['trimmed', 'reset'] satisfies StreamGap['reason'][],
  description:
    '`trimmed`: it is no longer kept. `reset`: Redis lost data, or a group was made anew, and the ids started anew.',
  examples: ['trimmed'],
});

/** What is said in place of what is missing in a stream whose cursors are such ones. */
export function gapSchema(
  name: string,
  cursor: (description: string) => TUnsafe<Cursor>,
  example: Omit<StreamGap, 'reason'>,
  backfill: string,
) {
  return component(name, {
    description: 'Something is missing in front of the items, and can be read elsewhere.',
    properties: {
      reason: GapReason,
      requested: cursor('The cursor that was asked for.'),
      resumed: cursor('The cursor after which reading went on.'),
      lost: Type.Optional(
        Type.Integer({ description: 'How many entries are missing, where that is known.', minimum: 1 }),
      ),
      backfill: Type.String({
        description: `Where to find what is missing: ${backfill}`,
        examples: [example.backfill],
      }),
    },
    examples: [{ reason: 'trimmed', ...example }],
  });
}
