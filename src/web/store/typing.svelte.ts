import { SvelteMap } from 'svelte/reactivity';
import { type Api, ApiError } from '../api/client.ts';

/** So long somebody types who is not heard of again, ms; not until the time of the signal, since clocks may differ. */
const HOLDS_MS = 6_000;
/** More often the others are told of nothing. */
const TELL_EVERY_MS = 2_000;

/** Who is typing where, and telling that one types. */
export class Typing {
  readonly #api: Api;
  readonly #uid: string;
  readonly #people = new SvelteMap<string, readonly string[]>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #toldAt = new Map<string, number>();

  constructor(api: Api, uid: string) {
    this.#api = api;
    this.#uid = uid;
  }

  /** Who else types in a conversation now, the first to begin first. */
  in(conversation: string): readonly string[] {
    return this.#people.get(conversation) ?? [];
  }

  /** Tells the others that the user is typing there; to be called at each key. */
  tell(conversation: string): void {
    const now = Date.now();
    if (now - (this.#toldAt.get(conversation) ?? 0) < TELL_EVERY_MS) return;
    this.#toldAt.set(conversation, now);
    const params = { path: { uid: 'me', conversation } };
    this.#api.PUT('/v1/users/{uid}/conversations/{conversation}/typing', { params }).catch((error: unknown) => {
      // Too many are there, or one may not write: nobody is to be told of it.
      if (error instanceof ApiError && !error.isTemporary) this.#toldAt.set(conversation, Infinity);
    });
  }

  /** Somebody types. */
  began(conversation: string, uid: string): void {
    if (uid === this.#uid) return;
    const others = this.in(conversation);
    if (!others.includes(uid)) this.#people.set(conversation, [...others, uid]);
    const key = `${conversation} ${uid}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => this.ended(conversation, uid), HOLDS_MS),
    );
  }

  /** Somebody has said something, or has not typed for some time. */
  ended(conversation: string, uid: string): void {
    const key = `${conversation} ${uid}`;
    clearTimeout(this.#timers.get(key));
    this.#timers.delete(key);
    const left = this.in(conversation).filter((one) => one !== uid);
    if (left.length > 0) this.#people.set(conversation, left);
    else this.#people.delete(conversation);
  }
}
