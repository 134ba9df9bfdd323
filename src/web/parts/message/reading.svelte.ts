import type { Pictures } from '../../store/pictures.ts';

/** A picture as it is read: its address once it is there, or why it is not. */
export interface Reading {
  readonly url: string;
  readonly error: unknown;
  /** Reads it again. */
  retry(): void;
}

/** Reads a picture for as long as one is wanted. To be called while a component is made. @param wanted its id, or undefined */
export function reading(pictures: Pictures, wanted: () => string | undefined): Reading {
  let url = $state('');
  let error = $state.raw<unknown>();
  let tries = $state(0);
  // The same while the message changes.
  const id = $derived(wanted());
  $effect(() => {
    void tries;
    if (id === undefined) return;
    const shown = pictures.show(id);
    let isOver = false;
    shown.url.then(
      (found) => {
        if (!isOver) url = found;
      },
      (cause: unknown) => {
        if (!isOver) error = cause;
      },
    );
    return () => {
      isOver = true;
      shown.release();
      url = '';
      error = undefined;
    };
  });
  return {
    get url() {
      return url;
    },
    get error() {
      return error;
    },
    retry() {
      tries++;
    },
  };
}
