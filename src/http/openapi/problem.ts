import Type from 'typebox';
import { ERROR_CODES, type ErrorCode, statusOf, titleOf } from '../../domain/errors.ts';
import { component, ref } from './component.ts';

const ProblemError = component('ProblemError', {
  description: 'One thing that is wrong with a request.',
  properties: {
    path: Type.String({ description: 'Where.', examples: ['body/fields/text'] }),
    message: Type.String({ description: 'What to change.', examples: ['must be string'] }),
  },
  examples: [{ path: 'body/fields/text', message: 'must be string' }],
});

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
      Type.Array(ref(ProblemError), { description: 'What is wrong with a request that does not fit its schema.' }),
    ),
    clientMessageId: Type.Optional(
      Type.String({ description: 'With `outcome_unknown`: repeat the send with this, and it is not doubled.' }),
    ),
  },
});

const MEDIA_TYPE = 'application/problem+json';

interface ProblemResponse {
  description: string;
  content: { [MEDIA_TYPE]: { schema: object; examples: Record<string, object> } };
}

/**
 * The response of a route that may fail with these codes: one for all of them, since they have one form. Which they are
 * is told by its description and examples.
 */
export function problems(...codes: ErrorCode[]): { default: ProblemResponse } {
  const sorted = [...new Set(codes)].sort((a, b) => statusOf(a) - statusOf(b));
  return {
    default: {
      description: `An error:\n${sorted.map((code) => `- ${statusOf(code)} \`${code}\`: ${titleOf(code)}`).join('\n')}`,
      content: {
        [MEDIA_TYPE]: {
          schema: ref(Problem),
          examples: Object.fromEntries(sorted.map((code) => [code, { value: exampleOf(code) }])),
        },
      },
    },
  };
}

/** Responses of a route, which may also fail with these codes. */
export function withProblems(responses: { default?: ProblemResponse }, ...codes: ErrorCode[]): object {
  const own = Object.keys(responses.default?.content[MEDIA_TYPE].examples ?? {}) as ErrorCode[];
  return { ...responses, ...problems(...codes, ...own) };
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
