import type { Hub } from '../hub.ts';
import type { Source, Start, StreamItem, StreamPage } from '../source.ts';

export interface PollOptions {
  count: number;
  /** How long to wait for something to happen, ms; 0 does not wait. */
  blockMs: number;
  /** The client has gone. */
  signal: AbortSignal;
  /** Throws where the client may not read any more: asked for each page before it is answered. */
  check: () => Promise<void>;
}

/** A page of a long-poll is bounded by its count; its bytes only by what a hundred large messages have. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads a stream after a position, and waits where there is nothing. What is answered always comes from the stream; the
 * feed only says when to look. Looks once more when the time is over, so that a lost doorbell costs time and no message.
 * Refuses what the source refuses, also when its reader may not read any more while it waits.
 */
export async function poll<Item extends StreamItem>(
  hub: Hub,
  source: Source<Item>,
  start: Start,
  { count, blockMs, signal, check }: PollOptions,
): Promise<StreamPage<Item>> {
  const limits = { count, maxBytes: MAX_BYTES };
  if (blockMs === 0) return source.page(start, limits);
  const deadline = Date.now() + blockMs;
  let position = start;
  for (;;) {
    // Listening comes before reading, so that nothing can fall between the two.
    const bell = hub.doorbell(source);
    try {
      const page = await source.page(position, limits);
      await check();
      const left = deadline - Date.now();
      if (page.items.length > 0 || page.gap || left <= 0 || hub.draining || signal.aborted) return page;
      position = page.next;
      await within(left, signal, bell.rung);
    } finally {
      bell.cancel();
    }
  }
}

/** Resolves with `event`, after `ms`, or when the client goes, whichever is first. */
async function within(ms: number, signal: AbortSignal, event: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stop: () => void = () => {};
  const over = new Promise<void>((resolve) => {
    stop = resolve;
    timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([event, over]);
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
