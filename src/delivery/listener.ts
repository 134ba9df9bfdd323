import type { Cursor } from '../domain/stream-ids.ts';
import type { FeedEntry } from './feed-entry.ts';
import type { ByeReason, SignalName } from './sink.ts';
import type { Source } from './source.ts';

/** Anybody who waits for something to happen in a stream: an open one, or a long-poll. */
export interface Listener {
  readonly source: Source;
  /**
   * The feed tells of the stream's entry `id`. Called in the feed's order, and must not wait for anything.
   * @returns whether it was delivered
   */
  offer(id: Cursor, entry: FeedEntry): boolean;
  /** What need not last, for whoever listens right now. Called as `offer` is. */
  signal(name: SignalName, json: string): void;
  /** Everything that was read from the feed at once has been offered. */
  flush(): void;
  /** Something may have been missed: the stream has to be read. */
  behind(): void;
  /**
   * The node sends it away.
   *
   * @param retryMs when the client should come back; as it has been told before where absent
   */
  close(reason: ByeReason, retryMs?: number): void;
}
