import type { Store } from '../../redis/store.ts';
import { refers, type Sending, type SendReply, send, sendMany } from './commands.ts';

/** What came of one of several sends; an error is what Redis or the script said. */
export type SendOutcome = SendReply | { outcome: 'failed'; error: unknown };

/**
 * How many sends share a call at most. Redis does them while the node reads the next requests. With more in a call each of the two
 * waits for the other: with 16, of 50 connections, the processors had nothing to do for a third of the time.
 */
const TOGETHER = 8;

interface Waiting {
  sending: Sending;
  resolve: (reply: SendReply) => void;
  reject: (error: unknown) => void;
}

/** Brings sends to Redis: those of one turn of the event loop share calls, each with an outcome of its own. */
export class Sender {
  readonly #store: Store;
  #waiting: Waiting[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  /** One message. @throws what the script refuses, or ioredis throws */
  send(sending: Sending): Promise<SendReply> {
    return new Promise((resolve, reject) => {
      const together = this.#waiting.push({ sending, resolve, reject });
      // The connection writes at the end of the turn, too: who is alone waits for nobody.
      if (together === 1) setImmediate(() => this.#flush());
      else if (together === TOGETHER) this.#flush();
    });
  }

  /** Several messages, in the order given. */
  async sendMany(sendings: readonly Sending[]): Promise<SendOutcome[]> {
    const outcomes: SendOutcome[] = [];
    // A call ends early where others would have to wait for too long.
    while (outcomes.length < sendings.length) outcomes.push(...(await this.#try(sendings.slice(outcomes.length))));
    return outcomes;
  }

  #flush(): void {
    const some = this.#waiting;
    const [first, second] = some;
    // All have left in a full call.
    if (!first) return;
    this.#waiting = [];
    if (second || refers(first.sending)) void this.#sendTogether(some);
    else this.#store.run(send, first.sending).then(first.resolve, first.reject);
  }

  async #sendTogether(some: readonly Waiting[]): Promise<void> {
    const outcomes = await this.sendMany(some.map(({ sending }) => sending));
    outcomes.forEach((outcome, i) => {
      if (outcome.outcome === 'failed') some[i]!.reject(outcome.error);
      else some[i]!.resolve(outcome);
    });
  }

  /** Tries messages in one call; those at the end that were left for another one have no outcome. */
  async #try(sendings: readonly Sending[]): Promise<SendOutcome[]> {
    try {
      const replies = await this.#store.run(sendMany, sendings);
      return replies.map((reply): SendOutcome => {
        if (reply.outcome === 'refused') {
          return { outcome: 'failed', error: this.#store.refusalFrom(reply.error) ?? new Error(reply.error) };
        }
        if (reply.outcome === 'sent') this.#store.reportRefusedWrites(reply.refused);
        return reply;
      });
    } catch (error) {
      return sendings.map(() => ({ outcome: 'failed', error }));
    }
  }
}
