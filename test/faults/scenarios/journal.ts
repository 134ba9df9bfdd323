import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { JournalFollower } from '../journal-follower.ts';
import { ask, type Endpoint } from '../requests.ts';
import type { Run, Scenario } from '../scenario.ts';

/** How long a follower may take to have everything, ms. */
const SETTLE_MS = 30_000;

/** The ids of all messages that the logs have, with how many there are of each: two logs may have one id. */
async function messagesOf(admin: Redis): Promise<Map<string, number>> {
  const ids = new Map<string, number>();
  for (const log of [...(await admin.keys('gs:*')), ...(await admin.keys('ds:*'))]) {
    for (const [id, flat] of (await admin.xrange(log, '-', '+')) as [string, string[]][]) {
      if (flat[4] !== 'action') ids.set(id, (ids.get(id) ?? 0) + 1);
    }
  }
  return ids;
}

/** Somebody follows the journal from before a fault until everything that was stored is told, or a gap is. */
async function followed(run: Run, mayGap: boolean, fault: () => Promise<void>): Promise<void> {
  const { deployment, workload, endpoints, random, expect, note } = run;
  await workload.stop();
  const before = await messagesOf(deployment.admin);
  const [endpoint] = endpoints() as [Endpoint];
  const { status } = await ask(endpoint, 'PUT', '/v1/journal/consumers/follower', {});
  expect(status === 201, `the consumer was answered with ${status}`);
  const follower = new JournalFollower(endpoints, random);
  workload.start();
  await workload.more(40);
  await fault();
  await workload.more(40);
  await workload.stop();
  const missing = async () => {
    const now = await messagesOf(deployment.admin);
    return [...now].filter(([id, count]) => count - (before.get(id) ?? 0) > (follower.told.get(id) ?? 0));
  };
  const deadline = Date.now() + SETTLE_MS;
  let left = await missing();
  while (left.length > 0 && !(mayGap && follower.gaps > 0) && Date.now() < deadline) {
    await delay(100);
    left = await missing();
  }
  await follower.close();
  const { cursors, gaps, told } = follower;
  expect(left.length === 0 || (mayGap && gaps > 0), `${left.length} messages were never told by the journal`);
  expect(mayGap || gaps === 0, `${gaps} gaps, and nothing was lost`);
  expect(mayGap || new Set(cursors).size === cursors.length, 'something was told twice');
  note(`the journal told of ${told.size} messages${gaps > 0 ? `, and ${gaps} gaps` : ''}`);
  workload.start();
}

export const journalScenarios: Scenario[] = [
  {
    name: 'journal-node-killed',
    async fault(run) {
      const { deployment, workload } = run;
      await followed(run, false, async () => {
        for (const index of [0, 1]) {
          await deployment.nodes[index]!.kill();
          await workload.more(20);
          await deployment.replaceNode(index);
        }
      });
    },
  },
  {
    name: 'journal-redis-killed',
    deployment: { redis: 'always' },
    async fault(run) {
      const { deployment, workload } = run;
      await followed(run, false, async () => {
        await deployment.redis.kill();
        await delay(300);
        await deployment.redis.restart();
        await workload.more(20);
      });
    },
  },
  {
    name: 'journal-older-copy',
    deployment: { redis: 'snapshot' },
    workload: { marks: false },
    async fault(run) {
      const { deployment, workload, history } = run;
      await followed(run, true, async () => {
        const from = performance.now();
        await deployment.admin.save();
        await workload.more(40);
        await deployment.redis.kill();
        await deployment.redis.restart();
        history.mayLose = { from, to: performance.now() };
        await workload.more(40);
      });
    },
  },
];
