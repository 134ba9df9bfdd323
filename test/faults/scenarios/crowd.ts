import { setTimeout as delay } from 'node:timers/promises';
import { overSocket, overSse } from '../connections.ts';
import { Listener } from '../listener.ts';
import type { Run, Scenario } from '../scenario.ts';

const CROWD = { MAX_SUBSCRIBERS_PER_USER: '2000' };
/** How much a node's memory may grow while clients read nothing, MiB; what they do not read is several times that. */
const GROWTH_MIB = { short: 140, long: 250 };

/** More receivers of the workload's users, all connected. */
async function gather({ endpoints, workload, random, follow }: Run, count: number): Promise<Listener[]> {
  const crowd = Array.from({ length: count }, (_, i) => {
    const connect = i % 3 === 0 ? overSocket : overSse;
    return new Listener(endpoints, workload.users[i % workload.users.length]!, i, random, { connect });
  });
  await Promise.all(crowd.map(follow));
  return crowd;
}

export const crowdScenarios: Scenario[] = [
  {
    name: 'readers-stalled',
    deployment: { nodes: 1, env: { INBOX_MAX: '500000' } },
    workload: { users: 10, groups: 0, senders: 2, marks: false },
    around: 20,
    hangUps: false,
    async fault(run) {
      const { deployment, workload, listeners, random, isShort, expect, note, catchUp } = run;
      await workload.makeGroup('all', workload.users);
      await workload.stop();
      const node = deployment.nodes[0]!;
      const before = node.memory.now;
      const stalled = listeners.slice(0, 8);
      for (const listener of stalled) listener.pause();
      const messages = isShort ? 10_000 : 50_000;
      const padding = 'y'.repeat(1_000);
      let half = 0;
      for (let sent = 0; sent < messages; sent += 100) {
        if (sent === messages / 2) half = node.memory.peak;
        const one = () => ({ from: random.pick(workload.users), conversation: 'group:all', padding });
        await workload.sayMany(Array.from({ length: 100 }, one));
      }
      await catchUp(listeners.slice(8), 60_000);
      const during = node.memory.peak;
      for (const listener of stalled) listener.resume();
      await catchUp(stalled, 120_000);
      const { peak } = node.memory;
      const unread = 2 * Math.round((4 * messages * 1_250) / 2 ** 20);
      note(
        `RSS ${before} MiB, at most ${half} and ${during} while ${unread / 2} and ${unread} MiB were not read, ${peak} in all`,
      );
      expect(peak - before < GROWTH_MIB[isShort ? 'short' : 'long'], `RSS grew from ${before} to ${peak} MiB`);
      workload.start();
    },
  },
  {
    name: '500-come-and-go',
    longOnly: true,
    deployment: { env: CROWD },
    workload: { senders: 2, pauseMs: 40 },
    async fault(run) {
      const { deployment, listeners, random, workload, isShort, expect } = run;
      const own = [...listeners];
      const crowd = await gather(run, 500);
      for (let i = 0; i < (isShort ? 40 : 150); i++) {
        for (const listener of random.some(crowd, 25)) listener.hangUp(random.whole(0, 300));
        await delay(40);
      }
      await workload.stop();
      await run.catchUp(crowd, 60_000);
      for (const listener of crowd) listener.leave();
      const deadline = Date.now() + 20_000;
      let left = Number.POSITIVE_INFINITY;
      while (left > own.length && Date.now() < deadline) {
        await delay(200);
        left = (await Promise.all(deployment.urls().map(openStreams))).reduce((sum, n) => sum + n, 0);
      }
      workload.start();
      expect(left <= own.length, `${left} streams are counted, and only ${own.length} are open`);
    },
  },
  {
    name: '2000-reconnect-at-once',
    deployment: { env: CROWD },
    workload: { users: 40, groups: 3, senders: 2, pauseMs: 40 },
    hangUps: false,
    async fault(run) {
      const crowd = await gather(run, run.isShort ? 600 : 2_000);
      for (let i = 0; i < 2; i++) {
        for (const listener of crowd) listener.hangUp(0);
        await run.workload.more(40);
        await run.workload.stop();
        await run.catchUp(crowd, 90_000);
        run.workload.start();
      }
    },
  },
];

/** How many streams a node counts as open. */
async function openStreams(url: string): Promise<number> {
  const response = await fetch(new URL('/metrics', url));
  const text = await response.text();
  const counts = [...text.matchAll(/^redisim_subscribers\{state="(live|behind|catching-up)"\} (-?\d+)/gm)];
  return counts.reduce((sum, [, , count]) => sum + Number(count), 0);
}
