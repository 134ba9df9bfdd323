import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { ImError } from '../../domain/errors.ts';
import { DEFAULT_SPACE, isSpaceName, type SpaceName } from '../../domain/spaces.ts';
import { issuerName } from '../../features/spaces/space-record.ts';
import type { Space } from '../space.ts';
import type { SpacesHere } from '../spaces-here.ts';
import type { Caller, Operator } from './caller.ts';
import { objectIn } from './hs256.ts';

/** Who calls, and in which space. */
export interface Identity {
  space: Space;
  caller: Caller | Operator;
}

/** How many audiences of a token are looked at. */
const MAX_AUDIENCES = 10;
/** How long the credentials are together whose spaces are remembered, characters. */
const REMEMBERED_LENGTH = 2 ** 23;
/** A server key of a named space. A token has two dots. */
const SERVER_KEY = /^([^.]+)\.[^.]+$/;

/**
 * Tells which space a credential is for. What it says of that itself, before it was verified, only selects whose keys have to
 * verify it: with another space's it is refused, and `JWT_SECRET` and `API_KEYS` are good for the default space alone.
 */
export class Credentials {
  readonly #spaces: SpacesHere;
  /** Which space a good credential names by itself: what it says never changes, and is not read again with each request. */
  readonly #named = new LRUCache<string, SpaceName>({
    maxSize: REMEMBERED_LENGTH,
    sizeCalculation: (_name, credential) => credential.length,
  });

  constructor(spaces: SpacesHere) {
    this.#spaces = spaces;
  }

  /** Who a bearer credential is; at once, if its space is known, and it is an API key or a token in order. `unauthorized` */
  ofBearer(credential: string): Identity | Promise<Identity> {
    const { default: space, areOn } = this.#spaces;
    const verify = (one: Space) => one.tokens.verify(credential);
    if (!areOn) return identify(space, verify);
    const remembered = this.#named.get(credential);
    if (remembered !== undefined) return this.#identify(remembered, verify);
    const known = space.tokens.known(credential);
    if (known) return { space, caller: known };
    const key = SERVER_KEY.exec(credential)?.[1];
    const claims = key === undefined ? claimsOf(credential) : {};
    const named = key === undefined ? namedIn(claims) : isSpaceName(key) ? key : DEFAULT_SPACE;
    if (named === undefined) return this.#identify(this.#issuedBy(claims), verify);
    const remember = (identity: Identity): Identity => {
      this.#named.set(credential, named);
      return identity;
    };
    const identity = this.#identify(named, verify);
    return identity instanceof Promise ? identity.then(remember) : remember(identity);
  }

  /** Whom a ticket lets in, in the same way. `unauthorized` */
  ofTicket(ticket: string): Identity | Promise<Identity> {
    const verify = (space: Space) => space.tokens.verifyTicket(ticket);
    if (!this.#spaces.areOn) return identify(this.#spaces.default, verify);
    return this.#identify(namedIn(claimsOf(ticket)) ?? DEFAULT_SPACE, verify);
  }

  #identify(name: SpaceName | Promise<SpaceName>, verify: Verify): Identity | Promise<Identity> {
    if (name instanceof Promise) return name.then((found) => this.#identify(found, verify));
    const space = this.#spaces.get(name);
    const isIn = (found: Space | undefined) => {
      // The same as for a wrong key: who has none learns nothing of which spaces there are.
      if (!found) throw new ImError('unauthorized', 'The credential is of no space that there is here.');
      return identify(found, verify);
    };
    return space instanceof Promise ? space.then(isIn) : isIn(space);
  }

  /** The space of who issued a token with these claims. */
  #issuedBy({ iss, aud }: JWTPayload): SpaceName | Promise<SpaceName> {
    if (typeof iss !== 'string' || aud === undefined) return DEFAULT_SPACE;
    return this.#ofIssuer(iss, [aud].flat().slice(0, MAX_AUDIENCES));
  }

  async #ofIssuer(issuer: string, audiences: string[]): Promise<SpaceName> {
    for (const audience of audiences) {
      const found = await this.#spaces.ofIssuer(issuerName({ issuer, audience }));
      if (found !== DEFAULT_SPACE) return found;
    }
    return DEFAULT_SPACE;
  }
}

type Verify = (space: Space) => Caller | Operator | Promise<Caller>;

/** Nothing is told of a space before the credential is seen to be good. */
function identify(space: Space, verify: Verify): Identity | Promise<Identity> {
  const admit = (caller: Caller | Operator): Identity => {
    space.check();
    return { space, caller };
  };
  const caller = verify(space);
  return caller instanceof Promise ? caller.then(admit) : admit(caller);
}

/** @throws ImError `unauthorized` for a claim that can name no space */
function namedIn({ space }: JWTPayload): SpaceName | undefined {
  if (space === undefined) return undefined;
  if (isSpaceName(space)) return space;
  throw new ImError('unauthorized', 'The token\'s "space" must be the name of a space, for example "acme".');
}

/** What a token says, verified or not; nothing, if it is none. */
function claimsOf(token: string): JWTPayload {
  const [, payload = ''] = token.split('.', 2);
  return objectIn(payload) ?? {};
}
