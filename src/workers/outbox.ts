/** What became of sending something: undefined if that is all, else how long to wait before another try, ms. */
export type Again = number | undefined;

export interface OutboxOptions<Item> {
  /** How much time is between two to one address, ms. */
  everyMs: number;
  /** How many are on their way at the same time. */
  atOnce: number;
  /** How many topics may wait at one address; the oldest goes. */
  maxTopics: number;
  /**
   * Sends something. It must not throw.
   * @param waited whether it has waited for its turn
   */
  send(item: Item, attempt: number, waited: boolean): Promise<Again>;
  /** Told what is not sent, since there was too much. */
  dropped(item: Item): void;
}

interface Waiting<Item> {
  item: Item;
  attempt: number;
  waited: boolean;
  /** Not before, ms since 1970. */
  from: number;
}

/** What waits for one address: of each topic the newest. */
interface Lane<Item> {
  readonly topics: Map<string, Waiting<Item>>;
  isBusy: boolean;
  /** When the next one may go, ms since 1970. */
  nextAt: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Brings things to addresses, not too many in a time to each: what has to wait is replaced by what comes of the same topic
 * meanwhile, so that the last one always goes out. Nothing of it outlives the process.
 */
export class Outbox<Item> {
  readonly #options: OutboxOptions<Item>;
  readonly #lanes = new Map<string, Lane<Item>>();
  /** Those who wait for a place among those that are on their way. */
  readonly #queue: (() => void)[] = [];
  #underWay = 0;
  #isStopped = false;

  constructor(options: OutboxOptions<Item>) {
    this.#options = options;
  }

  add(address: string, topic: string, item: Item): void {
    if (this.#isStopped) return;
    let lane = this.#lanes.get(address);
    if (!lane) {
      lane = { topics: new Map(), isBusy: false, nextAt: 0, timer: undefined };
      this.#lanes.set(address, lane);
    }
    const waited = lane.isBusy || lane.nextAt > Date.now();
    // In the place of the one before, so that a lively conversation keeps no other one from its turn.
    const from = lane.topics.get(topic)?.from ?? Date.now();
    lane.topics.set(topic, { item, attempt: 1, waited, from });
    if (lane.topics.size > this.#options.maxTopics) {
      const [[oldest, { item: dropped }]] = lane.topics as unknown as [[string, Waiting<Item>]];
      lane.topics.delete(oldest);
      this.#options.dropped(dropped);
    }
    this.#turn(address, lane);
  }

  stop(): void {
    this.#isStopped = true;
    for (const { timer } of this.#lanes.values()) clearTimeout(timer);
    this.#lanes.clear();
    for (const enter of this.#queue.splice(0)) enter();
  }

  #turn(address: string, lane: Lane<Item>): void {
    if (lane.isBusy || this.#isStopped) return;
    clearTimeout(lane.timer);
    const now = Date.now();
    const due = [...lane.topics].sort(([, a], [, b]) => a.from - b.from)[0];
    const at = Math.max(lane.nextAt, due?.[1].from ?? 0);
    if (at > now) {
      lane.timer = setTimeout(() => this.#turn(address, lane), at - now);
    } else if (due) {
      const [topic, waiting] = due;
      lane.topics.delete(topic);
      void this.#send(address, lane, topic, waiting);
    } else this.#lanes.delete(address);
  }

  async #send(address: string, lane: Lane<Item>, topic: string, waiting: Waiting<Item>): Promise<void> {
    lane.isBusy = true;
    await this.#enter();
    let again: Again;
    try {
      lane.nextAt = Date.now() + this.#options.everyMs;
      if (!this.#isStopped) again = await this.#options.send(waiting.item, waiting.attempt, waiting.waited);
    } finally {
      this.#leave();
      lane.isBusy = false;
    }
    // What came meanwhile says more.
    if (again !== undefined && !lane.topics.has(topic)) {
      lane.topics.set(topic, { ...waiting, attempt: waiting.attempt + 1, waited: true, from: Date.now() + again });
    }
    this.#turn(address, lane);
  }

  #enter(): Promise<void> | undefined {
    this.#underWay++;
    if (this.#underWay <= this.#options.atOnce) return undefined;
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  #leave(): void {
    this.#underWay--;
    this.#queue.shift()?.();
  }
}
