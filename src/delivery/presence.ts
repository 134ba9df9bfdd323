import type { Uid } from '../domain/names.ts';
import type { SpaceName } from '../domain/spaces.ts';
import type { Subscriber } from './subscriber.ts';

/** Who keeps, and tells, whether users are there. Delivery tells it what it sees, and nothing of it may throw. */
export interface PresenceKeeper {
  /** The first listener of a user has come to this node, or the last one has gone. */
  readerChanged(space: SpaceName, uid: Uid): void;
  /** A stream that watches users was opened. */
  watched(subscriber: Subscriber): void;
  /** A node says that a user has come or gone. */
  told(space: SpaceName, uid: Uid): void;
  /** Some of that may have been missed, of the spaces of a partition. */
  missed(partition: string): void;
  /** A space has moved to another partition, and its listeners were sent away. */
  spaceMoved(space: SpaceName): void;
}

/** Where nobody is to know who is there. */
export const NO_PRESENCE: PresenceKeeper = {
  readerChanged: () => {},
  watched: () => {},
  told: () => {},
  missed: () => {},
  spaceMoved: () => {},
};
