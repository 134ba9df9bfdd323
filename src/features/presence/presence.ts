import { type Actor, uidOf } from '../../domain/actor.ts';
import type { Uid } from '../../domain/names.ts';
import type { Signals } from '../../domain/signals.ts';
import type { Store } from '../../redis/store.ts';
import { look, type Question } from './commands.ts';

/** Whether somebody is there. */
export type PresenceState = Signals['presence'];

/** How many questions share a call: Redis does nothing else meanwhile. */
const TOGETHER = 200;

/** Who is there, for those who may know: whoever somebody has as a contact or in a direct chat, and the server. */
export class Presence {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Of those that `actor` may know of, in the order asked; the others are left out, as are those who do not exist. */
  async list(actor: Actor, uids: readonly Uid[]): Promise<PresenceState[]> {
    const asker = uidOf(actor);
    const states = await this.look(uids.map((uid) => ({ asker, uid })));
    return states.flatMap((state) => state ?? []);
  }

  /** The answer to each question; undefined where the one who asks may not know. */
  async look(questions: readonly Question[]): Promise<(PresenceState | undefined)[]> {
    const states: (PresenceState | undefined)[] = [];
    for (let first = 0; first < questions.length; first += TOGETHER) {
      const some = questions.slice(first, first + TOGETHER);
      const answers = await this.#store.run(look, some);
      states.push(...answers.map((answer, i) => answer && stateOf(some[i]!.uid, answer.isOnline, answer.seenAtMs)));
    }
    return states;
  }
}

function stateOf(uid: Uid, online: boolean, seenAtMs: number | undefined): PresenceState {
  const isSeen = !online && seenAtMs !== undefined;
  return { uid, online, ...(isSeen ? { lastSeenAt: new Date(seenAtMs).toISOString() } : {}) };
}
