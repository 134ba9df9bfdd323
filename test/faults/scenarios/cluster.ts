import { setTimeout as delay } from 'node:timers/promises';
import { ADMIN_KEY } from '../requests.ts';
import type { Run, Scenario } from '../scenario.ts';
import type { Workload } from '../workload.ts';

/** Longer than a command may take. */
const PAUSE_MS = 4_000;
const SILENT_MS = 6_000;

/** Spaces beside the default one: one where that is, and one on each of the other masters. */
export const OVER_SHARDS = {
  spaces: ['ds', 'acme', 'umbrella'],
  deployment: { redis: 'cluster', env: { SPACES: 'on', ADMIN_KEYS: ADMIN_KEY } },
  workload: { users: 6, groups: 2, senders: 2, pauseMs: 20 },
} as const;

/** What was refused, or not answered. */
function failures({ statuses }: Workload): number {
  return (statuses.get(503) ?? 0) + (statuses.get(504) ?? 0);
}

/** Fails the run if something was told of a gap. */
function expectNoGap({ people, others, expect }: Run): void {
  const gaps = [people, ...others].flatMap(({ listeners }) =>
    listeners.filter(({ record }) => record.heard.some(({ event }) => event === 'gap')),
  );
  expect(gaps.length === 0, `${gaps.length} streams were told of a gap`);
}

/** What happens to a cluster without anything being lost. */
export const clusterScenarios: Scenario[] = [
  {
    name: 'cluster-shard-silent',
    deployment: { redis: 'cluster', proxied: true },
    async fault({ deployment: { cluster }, workload, expect }) {
      const master = await cluster.masterServer();
      const others = cluster.cluster.servers.filter((server) => server !== master);
      const failures = () => (workload.statuses.get(503) ?? 0) + (workload.statuses.get(504) ?? 0);
      const before = failures();
      for (const { port } of others) cluster.proxyOf(port)!.silence();
      const since = performance.now();
      while (performance.now() - since < SILENT_MS) await workload.more(20);
      expect(failures() === before, `${failures() - before} sends failed while other shards were silent`);
      for (const { port } of others) cluster.proxyOf(port)!.speak();
      cluster.proxyOf(master.port)!.silence();
      await delay(SILENT_MS);
      cluster.proxyOf(master.port)!.speak();
      await workload.more(20);
    },
  },
  {
    ...OVER_SHARDS,
    name: 'cluster-one-shard-silent',
    deployment: { ...OVER_SHARDS.deployment, proxied: true },
    async fault(run) {
      const { deployment, people, others, expect, note } = run;
      const { cluster } = deployment;
      const everybody = [people, ...others];
      const servers = await Promise.all(everybody.map(({ space }) => cluster.serverOf(space.name)));
      const victim = servers.find((server) => server !== servers[0])!;
      const there = everybody.filter((_, i) => servers[i] === victim).map(({ workload }) => workload);
      const elsewhere = everybody.filter((_, i) => servers[i] !== victim).map(({ workload }) => workload);
      const before = elsewhere.map(failures);
      cluster.proxyOf(victim.port)!.silence();
      const since = performance.now();
      while (performance.now() - since < SILENT_MS) await Promise.all(elsewhere.map((workload) => workload.more(20)));
      const failed = elsewhere.reduce((sum, workload, i) => sum + failures(workload) - before[i]!, 0);
      cluster.proxyOf(victim.port)!.speak();
      await Promise.all(there.map((workload) => workload.more(20)));
      expect(failed === 0, `${failed} sends failed in spaces of other shards`);
      expect(there.length > 0 && there.every((workload) => failures(workload) > 0), 'the silent shard went on');
      expectNoGap(run);
      note(`${there.length} spaces were away, ${elsewhere.length} went on`);
    },
  },
  {
    ...OVER_SHARDS,
    name: 'cluster-space-moved',
    async fault(run) {
      const { deployment, people, others, expect, note } = run;
      const moved = others.find(({ space }) => space.name === 'acme')!;
      const rest = [people, ...others].filter((some) => some !== moved);
      const before = rest.map(({ workload }) => failures(workload));
      // To where another space is, and back, while everybody sends.
      for (const place of ['ds', '']) {
        const to = place === '' ? 'q2' : (await deployment.cluster.tagOf(place)).slice(1, -1);
        note((await deployment.command('move', 'acme', to)).trim());
        await Promise.all([moved, ...rest].map(({ workload }) => workload.more(20)));
      }
      const failed = rest.reduce((sum, { workload }, i) => sum + failures(workload) - before[i]!, 0);
      expect(failures(moved.workload) > 0, 'the space was not paused');
      expect(failed === 0, `${failed} sends failed in other spaces`);
      expectNoGap(run);
    },
  },
  {
    name: 'cluster-client-pause',
    deployment: { redis: 'cluster' },
    async fault({ deployment, workload, note }) {
      for (const what of ['WRITE', 'ALL']) {
        const { redis } = await deployment.data();
        await redis.call('CLIENT', 'PAUSE', PAUSE_MS, what);
        await delay(PAUSE_MS);
        await workload.more(30);
      }
      note(`${workload.statuses.get(504) ?? 0} outcomes unknown`);
    },
  },
  {
    name: 'cluster-replica-reset',
    deployment: { redis: 'cluster' },
    async fault({ deployment: { cluster }, workload, note }) {
      const master = await cluster.masterServer();
      const [replica] = await cluster.replicas();
      await replica!.admin.cluster('RESET', 'HARD');
      // Whoever asks it where a slot is served hears of nobody: it is a cluster by itself now.
      const cut = await master.admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      note(`${cut} connections cut`);
      await workload.more(40);
      await cluster.cluster.rejoin(replica!, master);
      await workload.more(20);
    },
  },
];
