import type { Redis } from 'ioredis';

/** A part of the data that one master has: all of it on one Redis or behind sentinels; in a cluster, some spaces. */
export interface Partition {
  /** What its keys have in front, behind KEY_PREFIX: `''` where there is one partition, else what keeps them in one slot. */
  readonly tag: string;
  /** How people, the registry and metrics call it: what its tag has in its braces; `''` where there is one partition. */
  readonly name: string;
  /** For every command and script; never for a blocking one. */
  readonly commands: Redis;
  /** Opens a connection of its own for the blocking read of its feed. */
  openFeed(): Redis;
  /** The id of the server that commands reach, where a replica may take over; undefined where none may. */
  readonly serverId: (() => string) | undefined;
}
