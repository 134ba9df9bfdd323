import type { Conversation } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import type { Store } from '../../redis/store.ts';
import { type } from './commands.ts';

/**
 * How often the others are told, ms. Redis counts, since the devices of a user are on several nodes; the key goes by
 * itself.
 */
const PAUSE_MS = 2_000;
/** For how long it holds without a repeat, ms: as long as a client may be late with two of them. */
const HOLDS_MS = 6_000;

/** Who is typing: told to whoever listens, and kept nowhere. */
export class Typing {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /**
   * Tells the others of a conversation that `uid` is typing; more often than every 2 s it tells nobody. Refuses who may not
   * send there, and groups of more than RECEIPTS_MAX members (`too_many_members`).
   */
  async tell(uid: Uid, conversation: Conversation): Promise<void> {
    await this.#store.run(type, { uid, conversation, pauseMs: PAUSE_MS, holdsMs: HOLDS_MS });
  }
}
