import type { People } from '../people.ts';
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

async function epochsOf({ deployment, others }: Run): Promise<(string | null)[]> {
  const spaces = [await deployment.data(), ...(await Promise.all(others.map((people) => people.data())))];
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
    // An inbox of one space has an id of the future: its epoch moves, and nobody else's.
    ...SPACES,
    name: 'spaces-one-epoch-moves',
    async fault(run) {
      const [moving] = run.others;
      const before = await epochsOf(run);
      const { redis, prefix } = await moving!.data();
      const uid = moving!.workload.users[0]!;
      const ms = Date.now() + 86_400_000;
      const [gid] = [...moving!.workload.groups].find(([, members]) => members.includes(uid)) ?? ['g0'];
      const log = `gs:${gid}`;
      const [newest] = (await redis.xrange(`${prefix}${log}`, '-', '+', 'COUNT', 1)) as [string, string[]][];
      const id = await redis.xadd(`${prefix}s:${uid}`, `${ms}-5`, 'FW', log, 'mid', newest![0]);
      moving!.history.planted.set(`s:${uid} ${id}`, performance.now());
      await Promise.all([run.workload.more(40), ...run.others.map((people) => people.workload.more(40))]);
      const after = await epochsOf(run);
      run.expect(after[1] !== before[1], 'the epoch of the space did not move');
      run.expect(after[0] === before[0] && after[2] === before[2], 'an epoch moved of another space');
    },
  },
];
