import Type, { type TString } from 'typebox';
import { defaulted, query, UidsText } from '../openapi/params.ts';

export const TICKET = {
  type: 'string',
  description: 'A ticket in place of the Authorization header.',
  maxLength: 1_000,
} as const;

/** What a stream is asked for, of whatever source. @param start where to start, with its default */
export function streamQuery(start: TString) {
  return query({
    start: defaulted(start),
    watch: Type.Optional(
      UidsText('Users of whom the stream tells by `presence` events how they are at first, and when they come and go.'),
    ),
    ticket: Type.Optional(Type.String(TICKET)),
  });
}

/** @param cursor an example of one */
export function streamHeaders(cursor: string) {
  return Type.Object({
    'last-event-id': Type.Optional(
      Type.String({
        description: 'A cursor, as EventSource sends it when it reconnects. If it is not empty it wins over `start`.',
        examples: [cursor],
      }),
    ),
  });
}
