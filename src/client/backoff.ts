/** How long to wait before the next try: twice as long each time, and never as long as the others who wait. */
export class Backoff {
  readonly #firstMs: number;
  readonly #lastMs: number;
  #ms: number;

  constructor(firstMs: number, lastMs: number) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
    this.#ms = firstMs;
  }

  next(): number {
    const ms = this.#ms * (0.5 + Math.random());
    this.#ms = Math.min(this.#ms * 2, this.#lastMs);
    return ms;
  }

  reset(): void {
    this.#ms = this.#firstMs;
  }
}

/** Resolves after a time, or as soon as one of the signals is aborted. */
export function pause(ms: number, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) {
      if (signal?.aborted) done();
      else signal?.addEventListener('abort', done);
    }
  });
}
