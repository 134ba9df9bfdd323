import type { SignalKind } from '../domain/signals.ts';
import type { Cursor } from '../domain/stream-ids.ts';

export type EventName = 'ready' | 'message' | 'entry' | 'heartbeat' | 'gap' | 'bye';

/** Events that have no cursor; `stale`: some of the others may have been missed. */
export type SignalName = SignalKind | 'stale';

/** Why a stream ends. */
export type ByeReason =
  | 'shutdown'
  | 'token_expired'
  | 'token_revoked'
  | 'suspended'
  | 'user_removed'
  | 'not_member'
  | 'group_removed'
  | 'space_removed'
  | 'consumer_removed'
  | 'too_slow'
  | 'too_many_subscribers';

/** Where a subscriber's events go: an open response in one of the wire forms. */
export interface Sink {
  /**
   * Adds an event to what is written next.
   *
   * @param retryMs how long the client is to wait before it comes back, where the wire form has a word for it
   */
  event(name: EventName, cursor: Cursor, json: string, retryMs?: number): void;
  /** Adds an event that has no cursor. */
  signal(name: SignalName, json: string): void;
  /** Writes what was added, in one go; false if the socket is full, and `onDrain` will be called. */
  flush(): boolean;
  onDrain(listener: () => void): void;
  /** Ends the response after what was written. */
  end(): void;
}
