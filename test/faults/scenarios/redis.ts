import { setTimeout as delay } from 'node:timers/promises';
import type { Run, Scenario } from '../scenario.ts';

/** How long a node may take to see that Redis has gone, ms; what it sends meanwhile may have been done. */
const NOTICE_MS = 1_500;

/** Kills Redis, and starts it again after a while, in which nothing may be answered as done or perhaps done. */
async function killRedis({ deployment: { redis }, history }: Run, awayMs: number): Promise<void> {
  await redis.kill();
  const from = performance.now() + NOTICE_MS;
  await delay(awayMs);
  if (awayMs > NOTICE_MS) history.away.push({ from, to: performance.now() });
  await redis.restart();
}

export const redisScenarios: Scenario[] = [
  {
    name: 'redis-killed-always',
    deployment: { redis: 'always' },
    async fault(run) {
      await killRedis(run, 5_500);
      await run.workload.more(60);
      await killRedis(run, 200);
    },
  },
  {
    name: 'redis-killed-everysec',
    longOnly: true,
    // A read mark may be lost too, and is not followed up here.
    workload: { marks: false },
    async fault(run) {
      const { history, workload } = run;
      const now = performance.now();
      history.mayLose = { from: now - 3_000, to: now };
      for (const awayMs of [300, 3_000]) {
        history.mayLose.to = performance.now();
        await killRedis(run, awayMs);
        await workload.more(60);
      }
    },
  },
  {
    name: 'redis-stopped-6s',
    async fault({ deployment: { redis }, workload }) {
      redis.pause();
      await delay(6_000);
      redis.resume();
      await workload.more(20);
    },
  },
];
