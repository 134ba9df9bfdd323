import { overSocket, overSse } from '../connections.ts';
import { Listener } from '../listener.ts';
import { tokenOf } from '../requests.ts';
import type { Scenario } from '../scenario.ts';

const DRAIN_MS = 5_000;
/** What a shutdown may take besides draining, on a machine that has other things to do too, ms. */
const MARGIN_MS = 8_000;

export const nodeScenarios: Scenario[] = [
  {
    name: 'node-killed',
    deployment: { nodes: 3 },
    async fault({ deployment, workload }) {
      for (const index of [0, 1]) {
        await deployment.nodes[index]!.kill();
        await workload.more(40);
        await deployment.replaceNode(index);
        await workload.more(20);
      }
    },
  },
  {
    name: 'node-killed-redis-left',
    longOnly: true,
    deployment: { nodes: 1, redis: 'embedded' },
    async fault({ deployment, workload, expect }) {
      const epoch = () => deployment.admin.hget('im:meta', 'epoch');
      const [pid, before] = [deployment.embeddedPid, await epoch()];
      for (let i = 0; i < 2; i++) {
        await deployment.nodes[0]!.kill();
        await deployment.replaceNode(0);
        await workload.more(30);
      }
      expect(pid !== undefined && deployment.embeddedPid === pid, 'the Redis that was left was not adopted');
      expect((await epoch()) === before, 'the epoch moved, and nothing was lost');
    },
  },
  {
    name: 'embedded-redis-killed',
    deployment: { nodes: 1, redis: 'embedded' },
    workload: { marks: false },
    async fault({ deployment, workload, history }) {
      const now = performance.now();
      history.mayLose = { from: now - 3_000, to: now };
      for (let i = 0; i < 2; i++) {
        history.mayLose.to = performance.now();
        process.kill(deployment.embeddedPid!, 'SIGKILL');
        await workload.more(50);
      }
    },
  },
  {
    name: 'node-stopped-feed-trimmed',
    longOnly: true,
    deployment: { env: { FEED_MAX: '100' } },
    async fault({ deployment, workload, expect }) {
      const { admin, nodes } = deployment;
      const [last] = (await admin.xrevrange('feed', '+', '-', 'COUNT', 1)) as [string, string[]][];
      nodes[0]!.pause();
      const isThere = async () => (await admin.xrange('feed', last![0], last![0])).length > 0;
      for (let i = 0; i < 20 && (await isThere()); i++) await workload.more(50);
      expect(!(await isThere()), 'the feed was not trimmed');
      nodes[0]!.resume();
    },
  },
  {
    name: 'tokens-expired',
    longOnly: true,
    async fault({ workload, random, endpoints, follow, expect, note }) {
      const credential = (uid: string) => tokenOf(uid, random.whole(1, 4));
      const followed = workload.users.map(
        (uid, i) =>
          new Listener(endpoints, uid, i, random, { connect: i % 2 === 0 ? overSocket : overSse, credential }),
      );
      await Promise.all(followed.map(follow));
      const byes = () => followed.map(({ record }) => record.heard.filter(({ event }) => event === 'bye').length);
      const deadline = Date.now() + 30_000;
      while (Math.min(...byes()) < 2 && Date.now() < deadline) await workload.more(20);
      expect(Math.min(...byes()) >= 2, 'not everybody was sent away twice');
      note(`${byes().reduce((sum, n) => sum + n, 0)} streams ended with their token`);
    },
  },
  {
    name: 'node-terminated',
    longOnly: true,
    deployment: { env: { DRAIN_MS: String(DRAIN_MS) } },
    async fault({ deployment, workload, listeners, expect, note }) {
      const node = deployment.nodes[0]!;
      const since = performance.now();
      const byes = () =>
        listeners.flatMap(({ record }) => record.heard).filter(({ event, at }) => event === 'bye' && at > since);
      const code = await node.terminate();
      const took = performance.now() - since;
      expect(code === 0, `it ended with ${code}`);
      expect(took < DRAIN_MS + MARGIN_MS, `it took ${Math.round(took)} ms to end`);
      expect(byes().length > 0, 'nobody was told');
      note(`ended with ${code} in ${Math.round(took)} ms, ${byes().length} streams said bye`);
      await workload.more(40);
      await deployment.replaceNode(0);
    },
  },
];
