import type { SpaceName } from '../domain/spaces.ts';
import type { State } from './state.ts';

/** What delivery counts. */
export interface DeliveryMetrics {
  /** A stream enters or leaves a state; `waiting` is a long-poll. */
  subscribers(state: State | 'waiting', change: 1 | -1, space: SpaceName): void;
  /** Messages were written to streams. */
  delivered(count: number, space: SpaceName): void;
  /** This node saw that data was lost, and began a new epoch. */
  epochMoved(): void;
}
