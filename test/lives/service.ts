import assert from 'node:assert/strict';
import { Dispatcher } from '../../src/delivery/dispatcher.ts';
import { FeedEntry } from '../../src/delivery/feed-entry.ts';
import type { Hub } from '../../src/delivery/hub.ts';
import type { LogName } from '../../src/domain/conversations.ts';
import type { RawEntry } from '../../src/domain/entries.ts';
import { memoryOf } from '../helpers/delivery.ts';
import { type Im, quiet, startIm } from '../helpers/im.ts';
import { randomPrefix, type TestRedis } from '../helpers/redis.ts';
import type { Log } from './model/world.ts';

/** Nobody listens: what a node does for its streams has tests of its own. */
const NOBODY = { in: () => undefined, tokensEnded: () => {} } as unknown as Hub;

const NO_PRESENCE = {
  readerChanged: () => {},
  watched: () => {},
  told: () => {},
  missed: () => {},
  spaceMoved: () => {},
};

/** Two nodes on one Redis, under a key prefix of their own. */
export interface Service {
  nodes: [Im, Im];
  /** The nodes take what the feed has told since. */
  hear(): Promise<void>;
  /** The ids of a log's newest entries, the oldest first. */
  newestIds(log: Log, count: number): Promise<string[]>;
  close(): void;
}

export async function startTwoNodes(redis: TestRedis): Promise<Service> {
  const keyPrefix = randomPrefix();
  const nodes: [Im, Im] = [await startIm(redis, { keyPrefix }), await startIm(redis, { keyPrefix })];
  const [{ redis: client, keys }] = nodes;
  const dispatchers = nodes.map(
    (node) =>
      new Dispatcher({
        hub: NOBODY,
        keys: node.keys,
        partition: '',
        memory: memoryOf(node),
        presence: NO_PRESENCE,
        metrics: { delivered: () => {} } as never,
        log: quiet,
      }),
  );
  let heard = '-';
  return {
    nodes,
    async hear() {
      const entries = (await client.xrange(keys.feed(), heard, '+')) as RawEntry[];
      if (entries.length === 0) return;
      heard = `(${entries.at(-1)![0]}`;
      const batch = entries.map((entry) => new FeedEntry(entry));
      for (const dispatcher of dispatchers) await dispatcher.dispatch(batch);
    },
    async newestIds(log, count) {
      const entries = await client.xrevrange(keys.log(log.name as LogName), '+', '-', 'COUNT', count);
      return entries.map(([id]) => id).reverse();
    },
    close() {
      for (const node of nodes) {
        assert.deepEqual(node.refused, [], 'no inbox refused an entry');
        node.close();
      }
    },
  };
}
