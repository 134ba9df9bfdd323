import type { Listener } from './listener.ts';
import type { Source } from './source.ts';

/**
 * Rings once, when something happens in a stream, may have been missed, or its listeners are sent away. It says only
 * that it is time to look. Listen first, then read: then nothing falls between the two.
 */
export class Doorbell implements Listener {
  readonly source: Source;
  /** Resolves when it rings, or is cancelled. */
  readonly rung: Promise<void>;
  readonly #leave: (bell: Doorbell) => void;
  #ring: () => void = () => {};

  /** @param leave takes it out of the registry */
  constructor(source: Source, leave: (bell: Doorbell) => void) {
    this.source = source;
    this.#leave = leave;
    this.rung = new Promise((resolve) => {
      this.#ring = resolve;
    });
  }

  offer(): boolean {
    this.#ring();
    return false;
  }

  signal(): void {}

  flush(): void {}

  behind(): void {
    this.#ring();
  }

  close(): void {
    this.#ring();
  }

  /** Nobody waits for it any more; whoever still does goes on. */
  cancel(): void {
    this.#leave(this);
    this.#ring();
  }
}
