import { addTo } from '../../domain/multimap.ts';
import { DEFAULT_SPACE, type SpaceName } from '../../domain/spaces.ts';
import type { Store } from '../../redis/store.ts';
import { refers, type Sending, type SendReply, send, sendMany } from './commands.ts';

/** What came of one of several sends; an error is what Redis or the script said. */
export type SendOutcome = SendReply | { outcome: 'failed'; error: unknown };

/**
 * How many sends share a call at most. Redis does them while the node reads the next requests. With more in a call each of the two
 * waits for the other: with 16, of 50 connections, the processors had nothing to do for a third of the time.
 */
const TOGETHER = 8;

interface Waiting extends Outgoing {
  resolve: (reply: SendReply) => void;
  reject: (error: unknown) => void;
}

/** A message, and the store of the space that it is sent in. */
interface Outgoing {
  store: Store;
  sending: Sending;
}

/** Brings sends to Redis: those of one turn of the event loop share calls, of whichever space, each with an outcome of its own. */
export class Sender {
  readonly #partition: Store;
  #waiting: Waiting[] = [];

  /** @param store of any space of the partition that it serves */
  constructor(store: Store) {
    this.#partition = store.of(DEFAULT_SPACE, store.partition);
  }

  /** One message. @throws what the script refuses, or ioredis throws */
  send(store: Store, sending: Sending): Promise<SendReply> {
    return new Promise((resolve, reject) => {
      const together = this.#waiting.push({ store, sending, resolve, reject });
      // The connection writes at the end of the turn, too: who is alone waits for nobody.
      if (together === 1) setImmediate(() => this.#flush());
      else if (together === TOGETHER) this.#flush();
    });
  }

  /** Several messages, in the order given. */
  async sendMany(store: Store, sendings: readonly Sending[]): Promise<SendOutcome[]> {
    const outcomes: SendOutcome[] = [];
    const tell = (outcome: SendOutcome, place: number) => {
      outcomes[place] = outcome;
    };
    await this.#sendAll(
      sendings.map((sending) => ({ store, sending })),
      tell,
    );
    return outcomes;
  }

  #flush(): void {
    const some = this.#waiting;
    const [first, second] = some;
    // All have left in a full call.
    if (!first) return;
    this.#waiting = [];
    if (second || refers(first.sending)) void this.#sendAll(some, (outcome, place) => answer(some[place]!, outcome));
    else first.store.run(send, first.sending).then(first.resolve, first.reject);
  }

  /** Tells what came of each as soon as it is known: of those of one space in their order. */
  async #sendAll(some: readonly Outgoing[], tell: (outcome: SendOutcome, place: number) => void): Promise<void> {
    const outcomes = await this.#try(some);
    outcomes.forEach(tell);
    // A call ends early where others would have to wait for too long. No space waits for all that another one still has to write.
    const left = new Map<SpaceName, Set<number>>();
    for (let i = outcomes.length; i < some.length; i++) addTo(left, some[i]!.store.keys.space, i);
    const ofSpaces = [...left.values()].map((ofSpace) => {
      const places = [...ofSpace];
      const own = places.map((place) => some[place]!);
      return this.#sendAll(own, (outcome, i) => tell(outcome, places[i]!));
    });
    await Promise.all(ofSpaces);
  }

  /** Tries messages in one call; those at the end that were left for another one have no outcome. */
  async #try(some: readonly Outgoing[]): Promise<SendOutcome[]> {
    try {
      const replies = await this.#partition.run(
        sendMany,
        some.map(({ store: { keys }, sending }) => ({ keys, sending })),
      );
      return replies.map((reply): SendOutcome => {
        if (reply.outcome === 'refused') {
          return { outcome: 'failed', error: this.#partition.refusalFrom(reply.error) ?? new Error(reply.error) };
        }
        if (reply.outcome === 'sent') this.#partition.reportRefusedWrites(reply.refused);
        return reply;
      });
    } catch (error) {
      return some.map(() => ({ outcome: 'failed', error }));
    }
  }
}

function answer({ resolve, reject }: Waiting, outcome: SendOutcome): void {
  if (outcome.outcome === 'failed') reject(outcome.error);
  else resolve(outcome);
}

/** The senders of a node, one for each partition. */
export class Senders {
  readonly #ofPartition: ReadonlyMap<string, Sender>;

  /** @param store of any space */
  constructor({ partitions }: Store) {
    this.#ofPartition = new Map(partitions.map((store) => [store.partition, new Sender(store)]));
  }

  /** Of the partition that a space is in. */
  of({ partition }: Store): Sender {
    return this.#ofPartition.get(partition)!;
  }
}
