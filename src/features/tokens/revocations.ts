import type { Uid } from '../../domain/names.ts';
import type { Store } from '../../redis/store.ts';

/** A token of a user, as far as it matters here. */
interface TokenOf {
  uid: Uid;
  /** When it was issued, s since 1970; a token that does not say counts as old. */
  issuedAt: number | undefined;
}

/** Revocations that are younger than this are kept in memory; older tokens are few, and Redis is asked for each, s. */
const REMEMBERED_S = 31 * 86_400;
/** A node that has not heard from Redis for so long asks for each request, ms. */
const TRUSTED_MS = 2_000;

/**
 * Tokens that are refused although they have not expired: those that were issued up to a moment, for users who were
 * removed since. Every node knows them by heart: it reads them once, the feed tells of new ones, and after a loss they
 * are read again, so that a request costs no call of Redis.
 */
export class Revocations {
  readonly #store: Store;
  readonly #feedLagMs: () => number;
  readonly #until = new Map<Uid, number>();
  /** Whether nothing can have been missed since those in Redis were asked for. */
  #isComplete = false;
  #loading: Promise<void> | undefined;

  /** @param feedLagMs how long ago the feed was last read to its end */
  constructor(store: Store, feedLagMs: () => number) {
    this.#store = store;
    this.#feedLagMs = feedLagMs;
  }

  /** Reads those that are remembered. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Some may have been missed: the next request waits until they have been read. */
  reload(): void {
    this.#isComplete = false;
  }

  /** Tokens of this user that were issued up to a moment are refused, s since 1970. */
  add(uid: Uid, until: number): void {
    this.#until.set(uid, Math.max(until, this.#until.get(uid) ?? 0));
  }

  /** Whether a token is refused; at once, unless Redis has to be asked. */
  isRevoked(token: TokenOf): boolean | Promise<boolean> {
    const { uid, issuedAt = 0 } = token;
    const oldest = Date.now() / 1_000 - REMEMBERED_S;
    if (issuedAt < oldest || this.#feedLagMs() > TRUSTED_MS) return this.#ask(uid, issuedAt);
    if (!this.#isComplete || this.#loading) return this.load().then(() => this.isRevoked(token));
    const until = this.#until.get(uid);
    return until !== undefined && issuedAt <= until;
  }

  /** The first second at which a new token of this user can be issued, since 1970. */
  notBefore(uid: Uid): number {
    return (this.#until.get(uid) ?? -1) + 1;
  }

  async #load(): Promise<void> {
    // Before it is read: what is told meanwhile has to be read again.
    this.#isComplete = true;
    try {
      const { redis, keys } = this.#store;
      const oldest = Math.floor(Date.now() / 1_000) - REMEMBERED_S;
      const flat = await redis.zrange(keys.revoked(), oldest, '+inf', 'BYSCORE', 'WITHSCORES');
      for (let i = 0; i < flat.length; i += 2) this.add(flat[i] as Uid, Number(flat[i + 1]));
    } catch (error) {
      this.#isComplete = false;
      throw error;
    }
  }

  async #ask(uid: Uid, issuedAt: number): Promise<boolean> {
    const { redis, keys } = this.#store;
    const until = await redis.zscore(keys.revoked(), uid);
    return until !== null && issuedAt <= Number(until);
  }
}
