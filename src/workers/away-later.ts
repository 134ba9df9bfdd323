import type { LogName } from '../domain/conversations.ts';
import type { Uid } from '../domain/names.ts';
import type { NewMessage } from '../features/push/recipients.ts';

/** How many conversations are kept at most. */
const MAX_LOGS = 10_000;

/**
 * People who seemed to be there when a message came: a stream that was closed just before, or whose node has died, is
 * noticed only later. They are looked at once more then, each conversation with the newest of its messages.
 */
export class AwayLater {
  readonly #afterMs: number;
  readonly #look: (message: NewMessage, uids: readonly Uid[]) => void;
  readonly #waiting = new Map<LogName, { message: NewMessage; uids: Set<Uid>; timer: NodeJS.Timeout }>();

  constructor(afterMs: number, look: (message: NewMessage, uids: readonly Uid[]) => void) {
    this.#afterMs = afterMs;
    this.#look = look;
  }

  add(message: NewMessage, uid: Uid): void {
    const waiting = this.#waiting.get(message.log);
    if (waiting) {
      waiting.message = message;
      waiting.uids.add(uid);
      return;
    }
    if (this.#waiting.size >= MAX_LOGS) return;
    const timer = setTimeout(() => {
      const { message: newest, uids } = this.#waiting.get(message.log)!;
      this.#waiting.delete(message.log);
      this.#look(newest, [...uids]);
    }, this.#afterMs);
    this.#waiting.set(message.log, { message, uids: new Set([uid]), timer });
  }

  stop(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }
}
