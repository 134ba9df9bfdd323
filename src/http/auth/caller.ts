import type { Uid } from '../../domain/names.ts';

interface Credential {
  /** When the credential ends, ms since 1970; Infinity for a server key that is not to end. */
  readonly expiresAt: number;
  /** Whose requests are counted together where they are limited: the user's, or those of one API key. */
  readonly countedAs: string;
}

/** A user, by a token of theirs or by a ticket. */
export interface UserCaller extends Credential {
  readonly kind: 'user';
  readonly uid: Uid;
  /** When the token was made, s since 1970, if it says so; a ticket is as old as the token that asked for it. */
  readonly issuedAt: number | undefined;
}

/** A server, by one of its keys. */
export interface ServerCaller extends Credential {
  readonly kind: 'server';
  /** The key's SHA-256. */
  readonly key: string;
}

/** Who calls: an actor, and what is known of the credential. */
export type Caller = UserCaller | ServerCaller;

/** Who administrates spaces, and is nobody in any. */
export type Operator = Credential & { readonly kind: 'operator' };
