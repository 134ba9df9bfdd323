import type { Uid } from '../../domain/names.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';

/** Why a token is refused that has not expired: a code of the errors. */
export type TokenRefusal = 'user_removed' | 'token_revoked' | 'suspended';

/** That a user is suspended. */
export interface Suspension {
  uid: Uid;
  suspendedAt: string;
}

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
 * removed or signed out everywhere since, and all of users who are suspended. Every node knows them by heart: it reads them once, the feed tells of new ones, and after a loss they
 * are read again, so that a request costs no call of Redis.
 */
export class Revocations {
  readonly #store: Store;
  readonly #feedLagMs: () => number;
  readonly #missed: (uid: Uid, why: TokenRefusal) => void;
  readonly #until = new Map<Uid, number>();
  #suspended = new Set<Uid>();
  /** Whether nothing can have been missed since those in Redis were asked for. */
  #isComplete = false;
  #isDetached = false;
  #loading: Promise<void> | undefined;

  /**
   * @param feedLagMs how long ago the feed was last read to its end
   * @param missed told of a user some of whose tokens are refused, which the feed has not told of
   */
  constructor(store: Store, feedLagMs: () => number, missed: (uid: Uid, why: TokenRefusal) => void) {
    this.#store = store;
    this.#feedLagMs = feedLagMs;
    this.#missed = missed;
  }

  /** Reads those that are remembered. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Nobody tells it of new ones any more: from now on Redis is asked for each. */
  detach(): void {
    this.#isDetached = true;
  }

  /** Some may have been missed: the next request waits until they have been read. Where that fails it reads them itself. */
  reload(): void {
    this.#isComplete = false;
    this.#complete().catch(() => {});
  }

  /** Refuses all tokens of a user that were issued up to now, on every node; its streams end. `user_not_found`. */
  async revoke(uid: Uid): Promise<void> {
    await this.#store.run(commands.revoke, uid);
  }

  /** Refuses all tokens of a user, also new ones, until {@link lift}; its streams end. `user_not_found`. */
  async suspend(uid: Uid): Promise<{ suspension: Suspension; created: boolean }> {
    const { created, sinceMs } = await this.#store.run(commands.suspend, uid);
    return { suspension: { uid, suspendedAt: new Date(sinceMs).toISOString() }, created };
  }

  /** Ends a suspension; without one nothing happens. Tokens of before it stay refused. */
  async lift(uid: Uid): Promise<void> {
    await this.#store.run(commands.liftSuspension, uid);
  }

  /** The feed tells: tokens of this user that were issued up to a moment are refused, s since 1970. */
  add(uid: Uid, until: number, why: TokenRefusal): void {
    this.#until.set(uid, Math.max(until, this.#until.get(uid) ?? 0));
    if (why === 'suspended') this.#suspended.add(uid);
    if (why === 'user_removed') this.#suspended.delete(uid);
    this.#changed();
  }

  /** The feed tells: this user is not suspended any more. */
  lifted(uid: Uid): void {
    this.#suspended.delete(uid);
    this.#changed();
  }

  /** Why a token is refused, undefined if it is not; at once, unless Redis has to be asked. */
  refusalOf(token: TokenOf): TokenRefusal | undefined | Promise<TokenRefusal | undefined> {
    const { uid, issuedAt = 0 } = token;
    const oldest = Date.now() / 1_000 - REMEMBERED_S;
    if (issuedAt < oldest || this.#isDetached || this.#feedLagMs() > TRUSTED_MS) return this.#ask(uid, issuedAt);
    if (!this.#isComplete || this.#loading) return this.load().then(() => this.refusalOf(token));
    if (this.#suspended.has(uid)) return 'suspended';
    const until = this.#until.get(uid);
    return until !== undefined && issuedAt <= until ? this.#why(uid, issuedAt) : undefined;
  }

  /** The first second at which a new token of this user can be issued, since 1970. */
  notBefore(uid: Uid): number {
    return (this.#until.get(uid) ?? -1) + 1;
  }

  /** What is told while they are read has to be read again. */
  async #complete(): Promise<void> {
    while (!this.#isComplete) await this.load();
  }

  async #load(): Promise<void> {
    // Before it is read: what is told meanwhile has to be read again.
    this.#isComplete = true;
    try {
      const { redis, keys } = this.#store;
      const oldest = Math.floor(Date.now() / 1_000) - REMEMBERED_S;
      const [flat, suspended] = await Promise.all([
        redis.zrange(keys.revoked(), oldest, '+inf', 'BYSCORE', 'WITHSCORES'),
        redis.zrange(keys.suspended(), '0', '-1'),
      ]);
      for (let i = 0; i < flat.length; i += 2) {
        const [uid, until] = [flat[i] as Uid, Number(flat[i + 1])];
        if (until <= (this.#until.get(uid) ?? 0)) continue;
        this.#until.set(uid, until);
        this.#missed(uid, 'token_revoked');
      }
      const known = this.#suspended;
      this.#suspended = new Set(suspended as Uid[]);
      for (const uid of this.#suspended) if (!known.has(uid)) this.#missed(uid, 'suspended');
    } catch (error) {
      this.#isComplete = false;
      throw error;
    }
  }

  /** What is told while they are read may be older or newer than what is read. */
  #changed(): void {
    if (this.#loading) this.#isComplete = false;
  }

  async #ask(uid: Uid, issuedAt: number): Promise<TokenRefusal | undefined> {
    const { redis, keys } = this.#store;
    const [until, suspendedAt] = await Promise.all([
      redis.zscore(keys.revoked(), uid),
      redis.zscore(keys.suspended(), uid),
    ]);
    if (suspendedAt !== null) return 'suspended';
    return until !== null && issuedAt <= Number(until) ? this.#why(uid, issuedAt) : undefined;
  }

  /** What became of a token of a user who has others now, or of one who is gone. */
  async #why(uid: Uid, issuedAt: number): Promise<TokenRefusal> {
    const { redis, keys } = this.#store;
    const removedAt = Number((await redis.hget(keys.removedUser(uid), 'removedAt')) ?? -1);
    return issuedAt <= Math.floor(removedAt / 1_000) ? 'user_removed' : 'token_revoked';
  }
}
