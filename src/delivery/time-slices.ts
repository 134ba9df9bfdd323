/** After how long no other piece of work is begun in a slice, ms. One page, or the opening of one stream, may take longer. */
const SLICE_MS = 0.1;

/**
 * Work that a thousand may ask for in the same moment, done in slices: in each turn of the event loop some of it, in the order in
 * which it came, and whatever else there is to do. So those who are here hardly notice how many come back.
 */
export class TimeSlices {
  readonly #waiting: (() => void)[] = [];
  #isUnderWay = false;
  #since = 0;

  /**
   * Has this done in a slice: at once, where there was none yet in this turn. What it lets go on at once, by the promises that it
   * settles, counts as its work.
   */
  add(work: () => void): void {
    this.#waiting.push(work);
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#begin();
  }

  /** Resolves in a slice: what follows is done there. */
  next(): Promise<void> {
    return new Promise((resolve) => this.add(resolve));
  }

  #begin(): void {
    this.#since = performance.now();
    this.#doNext();
  }

  #doNext(): void {
    const work = this.#waiting.shift();
    if (!work) {
      this.#endTurn();
      return;
    }
    // Once all promises have gone on that can by then; asked for first, so that work that throws keeps nobody waiting.
    queueMicrotask(() =>
      process.nextTick(() => {
        if (performance.now() - this.#since < SLICE_MS) this.#doNext();
        else this.#endTurn();
      }),
    );
    work();
  }

  /** There is no other slice in this turn: what comes meanwhile waits for the next one. */
  #endTurn(): void {
    setImmediate(() => {
      this.#isUnderWay = this.#waiting.length > 0;
      if (this.#isUnderWay) this.#begin();
    });
  }
}
