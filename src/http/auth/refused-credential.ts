import { errors } from 'jose';
import { ImError } from '../../domain/errors.ts';

/** What a user token has to be, as far as it helps its owner to know. */
export interface Expected {
  readonly algorithms: readonly string[];
  readonly issuer?: string;
  readonly audience?: string;
  /** Who signs tokens, and with what. */
  readonly signer: string;
}

/**
 * Why a user token is not taken, and what to change. Nothing of the token is told: the answer may get into a log. What
 * the service expects is told of claims only where the signature was right.
 */
export function refusedToken(cause: unknown, expected: Expected): ImError {
  return new ImError('unauthorized', reasonOf(cause, expected), { cause });
}

/** Why a ticket is not taken. */
export function refusedTicket(cause: unknown): ImError {
  const reason =
    cause instanceof errors.JWTExpired
      ? 'The ticket has expired'
      : 'The ticket is damaged, or was not made here; a user token is none';
  return new ImError('unauthorized', `${reason}. Get a new one with POST /v1/users/me/tickets.`, { cause });
}

function reasonOf(cause: unknown, expected: Expected): string {
  // Before its base class.
  if (cause instanceof errors.JWTExpired) return 'The token has expired; get a new one.';
  if (cause instanceof errors.JWTClaimValidationFailed) return wrongClaim(cause, expected);
  if (cause instanceof errors.JOSEAlgNotAllowed) {
    return `The token is signed with an algorithm that is not accepted; "alg" must be ${expected.algorithms.join(' or ')}.`;
  }
  if (cause instanceof errors.JWSSignatureVerificationFailed || cause instanceof errors.JWKSNoMatchingKey) {
    return `The token's signature is wrong; it must be signed by ${expected.signer}.`;
  }
  if (cause instanceof errors.JWSInvalid || cause instanceof errors.JWTInvalid) {
    return 'This is neither an API key of this service nor a user token; a token is a JWT, three parts with dots in between.';
  }
  return 'The token is not valid.';
}

function wrongClaim({ claim, reason }: errors.JWTClaimValidationFailed, { issuer, audience }: Expected): string {
  const rules: Record<string, string> = {
    exp: 'say when it ends, in seconds since 1970, for example 1763903911',
    iat: 'say when it was made, in seconds since 1970, for example 1763900311',
    iss: `it must be ${JSON.stringify(issuer)}`,
    aud: `it must be, or list, ${JSON.stringify(audience)}`,
  };
  if (claim === 'nbf') return 'The token is not valid yet ("nbf"); compare the clocks, or wait.';
  return `The token's "${claim}" is ${reason === 'missing' ? 'missing' : 'wrong'}; ${rules[claim] ?? 'see its issuer'}.`;
}
