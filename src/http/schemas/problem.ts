import Type from 'typebox';
import { ERROR_CODES, type ErrorCode, statusOf, titleOf } from '../../errors.ts';
import { component, ref } from './component.ts';

/** An error, RFC 9457. */
export const Problem = component('Problem', {
  description: 'An error (RFC 9457). `code` is stable: decide by it, and show `detail` to people.',
  properties: {
    type: Type.String({
      description: 'A URI for the kind of error.',
      examples: ['urn:redisim:problem:user_not_found'],
    }),
    title: Type.String({ description: 'What kind of error this is.', examples: ['No such user'] }),
    status: Type.Integer({ description: 'The HTTP status.', examples: [404] }),
    detail: Type.String({ description: 'What happened, and what to change.', examples: ['There is no user "bob".'] }),
    code: Type.String({ description: 'The stable code of the error.', examples: ERROR_CODES.slice(0, 1) }),
    requestId: Type.String({ description: "The request's id, as in the `x-request-id` header and the log." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'Where, such as `body/fields/text`.' }),
          message: Type.String({ description: 'What to change.' }),
        }),
        { description: 'What is wrong with a request that does not fit its schema.' },
      ),
    ),
    clientMessageId: Type.Optional(
      Type.String({ description: 'With `outcome_unknown`: repeat the send with this, and it is not doubled.' }),
    ),
  },
});

/** The responses of a route that may fail with these codes, one for each status. */
export function problems(...codes: ErrorCode[]): Record<number, object> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(codes)) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: some.map((code) => `\`${code}\`: ${titleOf(code)}`).join('. '),
        content: {
          'application/problem+json': {
            schema: ref(Problem),
            examples: Object.fromEntries(some.map((code) => [code, { value: exampleOf(code) }])),
          },
        },
      },
    ]),
  );
}

function exampleOf(code: ErrorCode) {
  return {
    type: `urn:redisim:problem:${code}`,
    title: titleOf(code),
    status: statusOf(code),
    detail: `${titleOf(code)}.`,
    code,
    requestId: 'b1946ac9-4a1e-4d52-8a3f-1f6a3c1d2e70',
  };
}
