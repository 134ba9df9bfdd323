import { setTimeout as delay } from 'node:timers/promises';
import type { Node } from '../../helpers/node.ts';
import type { RedisServer } from '../../helpers/redis-server.ts';
import type { DeploymentOptions } from '../deployment.ts';
import type { Run, Scenario } from '../scenario.ts';

/** Copying to replicas is asynchronous: so much of what was answered before a master has gone may go with it, ms. */
const UNCOPIED_MS = 1_000;
/** How long a replica is cut off before its master is killed, ms. */
const CUT_OFF_MS = 600;
/** Servers of which another one may become the master. */
interface Kind {
  name: string;
  deployment: Partial<DeploymentOptions>;
  /** The service learns of another master, and tells everybody, whether something was lost or not. */
  isFenced: boolean;
}

const KINDS: readonly Kind[] = [
  { name: 'cluster', deployment: { redis: 'cluster' }, isFenced: true },
  { name: 'sentinels', deployment: { redis: 'sentinels' }, isFenced: true },
  { name: 'moving-name', deployment: { redis: 'sentinels', proxied: true }, isFenced: false },
];

/** Without the right to these a server does not come back as a replica. */
const COPYING = ['psync', 'sync', 'replconf'];

/** Does what has another server become the master. What may be lost meanwhile has to be told to everybody. */
async function changeMaster(run: Run, { isFenced }: Kind, lose: (master: RedisServer) => Promise<void>): Promise<void> {
  const { deployment, history, workload, listeners, expect, note } = run;
  const { replicated } = deployment;
  const before = await epochOf(run);
  history.mayLose ??= { from: performance.now() - UNCOPIED_MS, to: Number.POSITIVE_INFINITY };
  await lose(await replicated.masterServer());
  await replicated.healthy();
  history.mayLose.to = performance.now();
  await workload.more(40);
  if (isFenced) expect((await epochOf(run)) !== before, 'the epoch did not move');
  await workload.stop();
  await run.catchUp(listeners, 30_000);
  workload.start();
  const told = listeners.filter(({ record }) =>
    record.heard.some((event) => event.event === 'gap' && event.reason === 'reset'),
  );
  note(`${told.length} of ${listeners.length} streams told of a reset`);
  if (isFenced) expect(told.length === listeners.length, 'not everybody was told');
}

async function epochOf({ deployment }: Run): Promise<string | null> {
  const { redis, prefix } = await deployment.data();
  return redis.hget(`${prefix}im:meta`, 'epoch');
}

/** Kills a master, and starts it again when another one has its place. */
async function killMaster({ deployment: { replicated } }: Run, master: RedisServer): Promise<void> {
  await master.kill();
  await replicated.takenOver(master);
  await master.restart();
}

/** Keeps replicas from copying any more. */
async function cutOffReplicas({ admin }: RedisServer): Promise<void> {
  await admin.acl('SETUSER', 'default', ...COPYING.map((command) => `-${command}`));
  await admin.call('CLIENT', 'KILL', 'TYPE', 'replica');
}

/** A read mark may be lost too, and is not followed up here. */
const workload = { marks: false };

function scenariosOf(kind: Kind): Scenario[] {
  // Behind a name that moves it is the sentinels' code again: in the short form one of them is enough.
  const { name, deployment, isFenced } = kind;
  return [
    {
      name: `${name}-master-killed`,
      deployment,
      workload,
      fault: (run) => changeMaster(run, kind, (master) => killMaster(run, master)),
    },
    {
      // When it goes on it believes to be the master for a moment, and answers as one.
      name: `${name}-master-stopped`,
      longOnly: !isFenced,
      deployment,
      workload,
      fault: (run) =>
        changeMaster(run, kind, async (master) => {
          master.pause();
          await run.deployment.replicated.takenOver(master);
          await run.workload.more(20);
          master.resume();
          await run.workload.more(20);
        }),
    },
    {
      name: `${name}-failover-by-hand`,
      longOnly: !isFenced,
      deployment,
      workload,
      fault: (run) => changeMaster(run, kind, () => run.deployment.replicated.failover()),
    },
    {
      name: `${name}-replicas-behind`,
      longOnly: !isFenced,
      deployment,
      workload,
      fault: (run) =>
        changeMaster(run, kind, async (master) => {
          const replicas = await run.deployment.replicated.replicas();
          await cutOffReplicas(master);
          await delay(CUT_OFF_MS);
          const written = await bytesAt(master);
          const copied = Math.max(...(await Promise.all(replicas.map(bytesAt))));
          run.expect(written > copied, 'the replicas had everything');
          run.note(`${written - copied} bytes were not copied`);
          await killMaster(run, master);
        }),
    },
  ];
}

/**
 * Nobody who is there remembers what was lost: one node is stopped until ids have been given out a second time, beyond
 * where its receivers were, and the other one is new. Only the servers' own word is left.
 */
function unseenLoss(kind: Kind): Scenario {
  return {
    name: `${kind.name}-loss-unseen`,
    // The feed has not the entry any more at which the stopped node was: it can't see that it is another one.
    deployment: { ...kind.deployment, env: { FEED_MAX: '100' } },
    workload,
    longOnly: true,
    hangUps: false,
    isPolled: false,
    fault: (run) =>
      changeMaster(run, kind, async (master) => {
        const { deployment } = run;
        const [stopped, replaced] = deployment.nodes as [Node, Node];
        await cutOffReplicas(master);
        await delay(CUT_OFF_MS);
        stopped.pause();
        await replaced.kill();
        await killMaster(run, master);
        await deployment.replaceNode(1);
        await run.workload.more(250);
        stopped.resume();
      }),
  };
}

/** How much was written, as far as a server knows. */
async function bytesAt(server: RedisServer): Promise<number> {
  return Number(await server.info('replication', 'master_repl_offset'));
}

export const failoverScenarios: Scenario[] = [
  ...KINDS.flatMap(scenariosOf),
  ...KINDS.filter(({ isFenced }) => isFenced).map(unseenLoss),
];
