import type { Listener } from '../listener.ts';
import type { People } from '../people.ts';
import { plantInInbox, plantInLog } from '../plant.ts';
import { ADMIN_KEY } from '../requests.ts';
import type { Run, Scenario } from '../scenario.ts';
import type { Workload } from '../workload.ts';

/** Two spaces beside the default one, in which the same names write to each other; one is named like a kind of key. */
const SPACES = {
  spaces: ['acme', 'ds'],
  deployment: { env: { SPACES: 'on', ADMIN_KEYS: ADMIN_KEY } },
  workload: { users: 6, groups: 2, senders: 2, pauseMs: 20 },
  around: 25,
} as const;

const DAY_MS = 86_400_000;

function isTold({ record }: Listener): boolean {
  return record.heard.some((event) => event.event === 'gap' && event.reason === 'reset');
}

async function epochsOf({ people, others }: Run): Promise<(string | null)[]> {
  const spaces = await Promise.all([people, ...others].map((some) => some.data()));
  return Promise.all(spaces.map(({ redis, prefix }) => redis.hget(`${prefix}im:meta`, 'epoch')));
}

export const spaceScenarios: Scenario[] = [
  {
    ...SPACES,
    name: 'spaces-node-killed',
    async fault({ deployment, workload, others }) {
      for (const index of [0, 1]) {
        await deployment.nodes[index]!.kill();
        await workload.more(20);
        await deployment.replaceNode(index);
        await Promise.all(others.map((people) => people.workload.more(20)));
      }
    },
  },
  {
    // As while a space is moved: nothing of it is read or written, and the others go on.
    ...SPACES,
    name: 'spaces-one-paused',
    async fault({ workload, others, expect, note }) {
      const [paused, ...rest] = others as [People, ...People[]];
      const { redis, prefix } = await paused.data();
      const refused = (some: Workload) => some.statuses.get(503) ?? 0;
      await redis.hset(`${prefix}im:meta`, 'paused', '1');
      await Promise.all([workload, ...rest.map((people) => people.workload)].map((some) => some.more(60)));
      await redis.hdel(`${prefix}im:meta`, 'paused');
      await paused.workload.more(20);
      const others503 = refused(workload) + rest.reduce((sum, people) => sum + refused(people.workload), 0);
      expect(refused(paused.workload) > 0, 'the paused space went on');
      expect(others503 === 0, `${others503} sends were refused in other spaces`);
      note(`${refused(paused.workload)} sends refused in the space that was paused`);
    },
  },
  {
    // Ids in logs of the same name become the same, and the epoch of one space moves.
    ...SPACES,
    name: 'spaces-ids-alike',
    async fault(run) {
      const before = await epochsOf(run);
      const everybody = [run.people, ...run.others];
      const ms = Date.now() + DAY_MS;
      for (const people of everybody) {
        for (const gid of people.workload.groups.keys()) await plantInLog(await people.data(), `gs:${gid}`, ms);
      }
      const [moving] = run.others as [People];
      const [uid] = moving.workload.users as [string];
      const mid = await plantInLog(await moving.data(), 'gs:g0', ms + DAY_MS);
      const id = await plantInInbox(await moving.data(), uid, 'gs:g0', mid, ms);
      moving.history.planted.set(`s:${uid} ${id}`, performance.now());
      await Promise.all(everybody.map(({ workload }) => workload.more(80)));
      const after = await epochsOf(run);
      run.expect(after[1] !== before[1], 'the epoch of the space did not move');
      run.expect(after[0] === before[0] && after[2] === before[2], 'an epoch moved of another space');
    },
  },
  {
    ...SPACES,
    name: 'spaces-older-copy',
    deployment: { ...SPACES.deployment, redis: 'snapshot' },
    workload: { ...SPACES.workload, marks: false },
    async fault({ deployment: { admin, redis, nodes }, people, others, note }) {
      const everybody = [people, ...others];
      const more = (count: number) => Promise.all(everybody.map(({ workload }) => workload.more(count)));
      const from = performance.now();
      await admin.save();
      await more(30);
      // Who listens there looks only when ids have been given out a second time, beyond where they were.
      nodes[0]!.pause();
      await redis.kill();
      await redis.restart();
      for (const { history } of everybody) history.mayLose = { from, to: performance.now() };
      await more(60);
      nodes[0]!.resume();
      await Promise.all(everybody.map(({ workload }) => workload.stop()));
      await Promise.all(everybody.map((some) => some.catchUp(some.listeners, 30_000)));
      for (const { workload } of everybody) workload.start();
      const streams = everybody.flatMap(({ listeners }) => listeners);
      note(
        `${streams.filter(isTold).length} of ${streams.length} streams in ${everybody.length} spaces told of a reset`,
      );
    },
  },
];
