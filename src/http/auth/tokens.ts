import { createSecretKey, hash, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import {
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
  SignJWT,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { ImError } from '../../domain/errors.ts';
import { isName, type Uid } from '../../domain/names.ts';
import { DEFAULT_SPACE, type SpaceName } from '../../domain/spaces.ts';
import type { Caller, Operator, UserCaller } from './caller.ts';
import { claimsAtOnce } from './hs256.ts';
import { type Expected, refusedTicket, refusedToken } from './refused-credential.ts';

/** What the configuration says of credentials. */
export interface TokenSettings {
  apiKeys: readonly string[];
  /** Keys that administrate spaces; none outside of the default space. */
  adminKeys?: readonly string[];
  /** Where there are spaces: the one whose credentials these are. A token that names another one is not taken. */
  space?: SpaceName;
  /** Hashes of more API keys, and until when each is good, ms since 1970. */
  serverKeys?: readonly { sha256: string; until?: number }[];
  /** Signs stream tickets, through a derived key, where it is not `jwtSecret`. */
  ticketSecret?: string;
  /** Tokens that were made before are not taken, s since 1970. */
  notBefore?: number;
  /** Signs and verifies user tokens (HS256), and through a derived key tickets. */
  jwtSecret: string;
  /** An outside issuer's keys; its tokens are then the only user tokens. */
  jwksUrl?: string | undefined;
  /** The `iss` and `aud` that user tokens must have where these are set; those made here have them. */
  jwtIssuer?: string | undefined;
  jwtAudience?: string | undefined;
  jwtAlgorithms: readonly string[];
  jwtUidClaim: string;
}

/** A credential that was made here. */
export interface Issued {
  credential: string;
  expiresAt: string;
}

/** A verified token is not verified again for so long, ms. */
const REMEMBERED_MS = 300_000;
/** How much memory all of them take in a space, about, bytes: that of 50,000 tokens of the usual length. */
const REMEMBERED_BYTES = 2 ** 25;
/** What is remembered beside the token itself, about, bytes. */
const CALLER_BYTES = 400;
/** How far the issuer's clock may be off, s. */
const CLOCK_TOLERANCE_S = 5;
const TICKET_TTL_S = 600;
const TICKET_TYPE = 'redisim-ticket+jwt';
/** A ticket's claim: the `iat` of the token that asked for it, absent where that has none. */
const TOKEN_ISSUED_AT = 'tiat';

/** Verifies API keys, user tokens and stream tickets, and makes the latter two. */
export class Tokens {
  readonly #settings: TokenSettings;
  readonly #apiKeys: readonly ApiKey[];
  /** Whether somebody has a key that looks like a token: server keys that are made here do not. */
  readonly #hasKeyLikeToken: boolean;
  readonly #counted: string;
  readonly #secret: KeyObject;
  readonly #ticketSecret: KeyObject;
  readonly #jwks: JWTVerifyGetKey | undefined;
  readonly #expected: Expected & { clockTolerance: number };
  /**
   * By the token itself: to hash one takes longer than all else that a known one costs. A number of them as the limit would
   * have the cache take the memory for all at once, in every space.
   */
  readonly #remembered = new LRUCache<string, Caller>({
    maxSize: REMEMBERED_BYTES,
    sizeCalculation: (_caller, token) => token.length + CALLER_BYTES,
  });

  constructor(settings: TokenSettings) {
    this.#settings = settings;
    const { adminKeys = [], serverKeys = [] } = settings;
    // No uid has a blank, and none begins with an @: no user shares a key's counter, nor that of one in another space.
    this.#counted = settings.space ? `@${settings.space} ` : '';
    const countedAs = (i: number) => `${this.#counted}server key ${i + 1}`;
    this.#apiKeys = [
      ...settings.apiKeys.map((key, i) => keyOf(digest(key), { kind: 'server', countedAs: countedAs(i) })),
      ...serverKeys.map(({ sha256, until }, i) =>
        keyOf(Buffer.from(sha256, 'hex'), { kind: 'server', countedAs: countedAs(i) }, until),
      ),
      ...adminKeys.map((key, i) => keyOf(digest(key), { kind: 'operator', countedAs: `admin key ${i + 1}` })),
    ];
    this.#hasKeyLikeToken = [...settings.apiKeys, ...adminKeys].some(looksLikeToken);
    this.#secret = createSecretKey(Buffer.from(settings.jwtSecret));
    // A key of its own: no ticket can pass for a token, whatever its claims.
    const derived = hkdfSync('sha256', settings.ticketSecret ?? settings.jwtSecret, '', 'redisim stream ticket', 32);
    this.#ticketSecret = createSecretKey(Buffer.from(derived));
    this.#jwks = settings.jwksUrl
      ? createRemoteJWKSet(new URL(settings.jwksUrl), { timeoutDuration: 2_500 })
      : undefined;
    this.#expected = {
      clockTolerance: CLOCK_TOLERANCE_S,
      algorithms: this.#jwks ? settings.jwtAlgorithms : ['HS256'],
      ...(settings.jwtIssuer ? { issuer: settings.jwtIssuer } : {}),
      ...(settings.jwtAudience ? { audience: settings.jwtAudience } : {}),
      signer: this.#jwks ? 'the issuer of JWKS_URL, with a key that it has now' : 'whoever has the JWT_SECRET of here',
    };
  }

  /**
   * Who a bearer credential is; at once, if it is an API key, a user token of our own that is in order, or was verified lately.
   *
   * @throws ImError `unauthorized`; `unavailable` if the issuer's keys can't be fetched
   */
  verify(credential: string): Caller | Operator | Promise<Caller> {
    const known = this.known(credential);
    if (known) return known;
    const claims = this.#claims(credential);
    return claims instanceof Promise
      ? claims.then((verified) => this.#remember(credential, verified))
      : this.#remember(credential, claims);
  }

  /** Who a bearer credential is, if it is an API key or was verified lately. */
  known(credential: string): Caller | Operator | undefined {
    const known = this.#remembered.get(credential);
    if (known && known.expiresAt > Date.now()) return known;
    // To hash a token takes as long as to verify it.
    if (looksLikeToken(credential) && !this.#hasKeyLikeToken) return undefined;
    // Every key is compared, each in constant time: the time tells nothing of a key.
    const hashed = digest(credential);
    const [key] = this.#apiKeys.filter((one) => timingSafeEqual(one.digest, hashed));
    return key && Date.now() < key.until ? key.caller : undefined;
  }

  #remember(token: string, claims: JWTPayload): Caller {
    this.#checkSpace(claims);
    const caller = callerOf(claims, this.#settings.jwtUidClaim, claims.iat, this.#counted);
    const ttl = Math.min(REMEMBERED_MS, caller.expiresAt - Date.now());
    if (ttl > 0) this.#remembered.set(token, caller, { ttl });
    return caller;
  }

  /** Who a ticket lets in; at once, if it is in order. @throws ImError `unauthorized` */
  verifyTicket(ticket: string): Caller | Promise<Caller> {
    const claims = claimsAtOnce(ticket, this.#ticketSecret, { typ: TICKET_TYPE, clockTolerance: 0 });
    if (claims) return this.#callerOfTicket(claims);
    const options = { algorithms: ['HS256'], typ: TICKET_TYPE, requiredClaims: ['exp', 'sub'] };
    return jwtVerify(ticket, this.#ticketSecret, options).then(
      ({ payload }) => this.#callerOfTicket(payload),
      (error: unknown) => {
        throw refusedTicket(error);
      },
    );
  }

  /**
   * Makes a user token.
   *
   * @param notBefore the token is not told to be older than that, s since 1970
   * @throws ImError `tokens_by_issuer` if tokens come from elsewhere
   */
  async issueToken(uid: Uid, ttlSeconds: number, notBefore = 0): Promise<Issued> {
    if (this.#jwks) throw new ImError('tokens_by_issuer', 'JWKS_URL is set: get user tokens from that issuer.');
    const iat = Math.max(nowInSeconds(), Math.ceil(notBefore));
    const { issuer, audience } = this.#expected;
    const whose = { ...(issuer ? { iss: issuer } : {}), ...(audience ? { aud: audience } : {}) };
    return issue(
      this.#secret,
      { ...whose, ...this.#spaceClaim, [this.#settings.jwtUidClaim]: uid, iat, exp: iat + ttlSeconds },
      'JWT',
    );
  }

  /** Makes a ticket, good for this user's stream alone, and no longer than the credential that asks for it. */
  issueTicket(uid: Uid, askedBy: Caller): Promise<Issued> {
    const iat = nowInSeconds();
    const exp = Math.min(iat + TICKET_TTL_S, Math.floor(askedBy.expiresAt / 1_000));
    const tiat = askedBy.kind === 'user' ? askedBy.issuedAt : iat;
    return issue(this.#ticketSecret, { ...this.#spaceClaim, sub: uid, iat, exp, [TOKEN_ISSUED_AT]: tiat }, TICKET_TYPE);
  }

  /** The claim of what is made here that names the space; the default space has none. */
  get #spaceClaim(): { space?: SpaceName } {
    const { space } = this.#settings;
    return space ? { space } : {};
  }

  #callerOfTicket(claims: JWTPayload): UserCaller {
    this.#checkSpace(claims);
    return callerOf(claims, 'sub', claims[TOKEN_ISSUED_AT], this.#counted);
  }

  /** What its signature is good for is not the last word: two spaces may have the same secret. */
  #checkSpace({ space: named, iat }: JWTPayload): void {
    const { space, notBefore = 0, jwksUrl } = this.#settings;
    if (space === undefined) return;
    const isOurs = named === undefined ? space === DEFAULT_SPACE || jwksUrl !== undefined : named === space;
    if (!isOurs) throw new ImError('unauthorized', 'The token is of another space than the key that signed it.');
    if (iat !== undefined && iat < notBefore)
      throw new ImError('unauthorized', 'The token was made before its space was; get a new one.');
  }

  /** The claims of a user token that is in order. */
  #claims(token: string): JWTPayload | Promise<JWTPayload> {
    return (!this.#jwks && claimsAtOnce(token, this.#secret, this.#expected)) || this.#decide(token);
  }

  async #decide(token: string): Promise<JWTPayload> {
    const { signer, algorithms, ...claims } = this.#expected;
    const options = {
      ...claims,
      algorithms: [...algorithms],
      requiredClaims: ['exp'],
    };
    try {
      if (!this.#jwks) return (await jwtVerify(token, this.#secret, options)).payload;
      return await verifyWithSet(token, this.#jwks, options);
    } catch (error) {
      if (!this.#jwks || !isIssuersFault(error)) throw refusedToken(error, this.#expected);
      throw new ImError('unavailable', "The token issuer's keys can't be fetched right now.", {
        retryAfter: 5,
        cause: error,
      });
    }
  }
}

interface ApiKey {
  readonly digest: Buffer;
  readonly caller: Caller | Operator;
  /** Until when it is good, ms since 1970. */
  readonly until: number;
}

function keyOf(
  hashed: Buffer,
  caller: { kind: 'server' | 'operator'; countedAs: string },
  until = Number.POSITIVE_INFINITY,
): ApiKey {
  return { digest: hashed, caller: { ...caller, key: hashed.toString('hex'), expiresAt: until }, until };
}

function looksLikeToken(credential: string): boolean {
  return credential.split('.').length === 3;
}

function digest(credential: string): Buffer {
  return hash('sha256', credential, 'buffer');
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}

async function issue(key: KeyObject, claims: JWTPayload & { exp: number }, typ: string): Promise<Issued> {
  const credential = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ }).sign(key);
  return { credential, expiresAt: new Date(claims.exp * 1_000).toISOString() };
}

/** Whom the claims of a verified token or ticket name. @throws ImError `unauthorized` */
function callerOf(payload: JWTPayload, claim: string, issuedAt: unknown, counted: string): UserCaller {
  const uid = payload[claim];
  if (typeof uid !== 'string' || !isName(uid)) {
    const what = uid === undefined ? 'missing' : 'no valid uid';
    throw new ImError('unauthorized', `The token's "${claim}" is ${what}; it must name the user, for example "alice".`);
  }
  return {
    kind: 'user',
    uid: uid as Uid,
    issuedAt: typeof issuedAt === 'number' ? issuedAt : undefined,
    expiresAt: payload.exp! * 1_000,
    countedAs: counted + uid,
  };
}

/** A token may name no key: then each one that fits its algorithm is tried. */
async function verifyWithSet(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    for await (const key of several) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (error) {
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** Not the token's fault: the issuer did not answer, or answered with something else than keys. */
function isIssuersFault(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID', 'ERR_JWK_INVALID'].includes(error.code);
}
