import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

/** Longer than a command may take. */
const PAUSE_MS = 4_000;
const SILENT_MS = 6_000;

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
      for (const { admin } of cluster.cluster.servers) {
        note(`${await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')} connections cut`);
      }
      await workload.more(40);
      await cluster.cluster.rejoin(replica!, master);
      await workload.more(20);
    },
  },
];
