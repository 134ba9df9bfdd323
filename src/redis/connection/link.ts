import type { Redis } from 'ioredis';
import { type CommandOptions, connectCommands } from './command-connection.ts';
import { connectFeed } from './feed-connection.ts';
import type { RedisTarget } from './target.ts';

/** The service's access to its Redis. Closing it ends all connections made through it. */
export interface RedisLink {
  readonly target: RedisTarget;
  /** For every command and script; never for a blocking one. */
  readonly commands: Redis;
  /** Opens a connection of its own for the feed's blocking read. */
  openFeed(): Redis;
  /** True when data may be missing that was acknowledged: the epoch must move before anything is served. */
  readonly mayHaveLostData: boolean;
  /** Ends all connections at once; a command in flight is rejected. */
  close(): void;
}

/** How long the feed reader blocks, ms. A silent link is noticed 3 s after that. */
export const FEED_BLOCK_MS = 1_000;

/**
 * Opens a link to Redis: connects, checks the server's version, and warns when the server may lose or evict data.
 * @throws Error that names the server and the reason, when that cannot be done in time
 */
export async function openRedis(
  target: RedisTarget,
  options: CommandOptions & { mayHaveLostData?: boolean },
): Promise<RedisLink> {
  const commands = await connectCommands(target, options);
  const feeds: Redis[] = [];
  return {
    target,
    commands,
    mayHaveLostData: options.mayHaveLostData ?? false,
    openFeed() {
      const feed = connectFeed(target, FEED_BLOCK_MS, options.log);
      feeds.push(feed);
      return feed;
    },
    close() {
      for (const redis of [commands, ...feeds]) redis.disconnect();
    },
  };
}
