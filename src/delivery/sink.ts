import type { Cursor } from '../domain/stream-ids.ts';

export type EventName = 'ready' | 'message' | 'heartbeat' | 'gap' | 'bye';

/** Why a stream ends. */
export type ByeReason = 'shutdown' | 'token_expired' | 'user_removed' | 'too_slow' | 'too_many_subscribers';

/** Where a subscriber's events go: an open response in one of the wire forms. */
export interface Sink {
  /**
   * Adds an event to what is written next.
   *
   * @param retryMs how long the client is to wait before it comes back, where the wire form has a word for it
   */
  event(name: EventName, cursor: Cursor, json: string, retryMs?: number): void;
  /** Writes what was added, in one go; false if the socket is full, and `onDrain` will be called. */
  flush(): boolean;
  onDrain(listener: () => void): void;
  /** Ends the response after what was written. */
  end(): void;
}
