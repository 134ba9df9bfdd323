import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { storedIn } from '../../helpers/files.ts';
import { inParallel } from '../../helpers/parallel.ts';
import type { Run, Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import { type Uploaded, upload, wrongWith } from '../uploads.ts';

const KIB = 1_024;
/** How soon nothing is left of what did not come, ms. */
const GONE_MS = 10_000;
/** How long a node may say that it is busy, ms. */
const TAKEN_MS = 30_000;
/** How long a file is kept that no message carries, ms. */
const DAY_MS = 86_400_000;

/** Waits until nothing is left but these, and says what is, otherwise. */
async function leaves({ deployment, expect }: Run, stored: readonly Uploaded[]): Promise<void> {
  const wrong = () => wrongWith(deployment.filesDir, deployment.admin, stored);
  await until(async () => (await wrong()).length === 0, GONE_MS);
  for (const one of await wrong()) expect(false, `of files, ${one}`);
}

/** Uploads a whole file: the service takes one. A node on a busy machine may say for a while that it is overloaded. */
async function takesOne({ endpoints, workload, random, expect }: Run): Promise<Uploaded[]> {
  const bytes = randomBytes(10 * KIB);
  let file: Uploaded | undefined;
  const isAnswered = async () => {
    file = await upload(random.pick(endpoints()), { uid: random.pick(workload.users), bytes });
    return file.status !== 503;
  };
  await until(isAnswered, TAKEN_MS);
  expect(file?.status === 201, `an upload was answered with ${file?.status} ${file?.code ?? ''}`);
  return file?.status === 201 ? [file] : [];
}

export const fileScenarios: Scenario[] = [
  {
    name: 'upload-client-stops',
    deployment: { files: true },
    async fault(run) {
      const { workload, random, endpoints, isShort, expect, note } = run;
      const stored: Uploaded[] = [];
      let [stopped, busy] = [0, 0];
      await inParallel(
        Array.from({ length: isShort ? 60 : 200 }, (_, i) => i),
        10,
        async () => {
          const bytes = randomBytes(random.whole(1, 600) * KIB);
          const stops = random.chance(0.7);
          const cut = stops ? { upTo: random.whole(1, bytes.length), after: 'stop' as const } : {};
          const file = await upload(random.pick(endpoints()), { uid: random.pick(workload.users), bytes, ...cut });
          if (stops) stopped++;
          else if (file.status === 201) stored.push(file);
          expect(file.status === (stops ? 0 : 201), `an upload was answered with ${file.status} ${file.code ?? ''}`);
        },
      );
      stored.push(...(await takesOne(run)));
      await leaves(run, stored);
      note(
        `${stopped} uploads were broken off, ${stored.length} files are stored, ${busy} were refused by a node that was busy`,
      );
    },
  },
  {
    name: 'upload-node-killed',
    longOnly: true,
    deployment: { files: true },
    async fault(run) {
      const { deployment, workload, random, endpoints, expect, note } = run;
      const { admin, filesDir } = deployment;
      const stored = await takesOne(run);
      const begun = Array.from({ length: 12 }, () => {
        const bytes = randomBytes(400 * KIB);
        const half = { upTo: random.whole(1, bytes.length), after: 'stay' as const };
        return upload(endpoints()[0]!, { uid: random.pick(workload.users), bytes, ...half });
      });
      const parts = async () => (await storedIn(filesDir)).filter((name) => name.endsWith('.part'));
      await until(async () => (await parts()).length === begun.length, GONE_MS);
      await deployment.nodes[0]!.kill();
      await Promise.all(begun);
      expect((await parts()).length === begun.length, 'no upload was under way when the node was killed');
      note(`${begun.length} uploads were under way when their node was killed`);
      // A day goes by.
      const known = new Set(stored.map(({ id }) => id));
      for (const id of await admin.zrange('im:files', '0', '-1')) {
        if (known.has(id)) continue;
        await admin.hset(`fi:${id}`, 'unusedSince', String(Date.now() - DAY_MS - 1));
        await admin.zadd('im:files', 'XX', 0, id);
      }
      await deployment.replaceNode(0);
      await leaves(run, stored);
    },
  },
  {
    name: 'upload-disk-full',
    longOnly: true,
    deployment: { files: true },
    async fault(run) {
      const { deployment, workload, random, endpoints, expect, note } = run;
      const { filesDir } = deployment;
      mkdirSync(filesDir, { recursive: true });
      const mounts = (...args: string[]) => spawnSync('mount', [...args, filesDir]).status === 0;
      if (!mounts('-t', 'tmpfs', '-o', 'size=4m', 'tmpfs'))
        return note('NOT TRIED: no file system can be mounted here');
      try {
        const uploads = async () => {
          const bytes = randomBytes(random.whole(600, 1_200) * KIB);
          return upload(random.pick(endpoints()), { uid: random.pick(workload.users), bytes });
        };
        const tried: Uploaded[] = [];
        await inParallel(
          Array.from({ length: 30 }, (_, i) => i),
          10,
          async () => void tried.push(await uploads()),
        );
        const stored = tried.filter(({ status }) => status === 201);
        const refused = tried.filter(({ status, code }) => status === 503 && code === 'storage_full');
        expect(refused.length > 0, 'the disk was never full');
        const others = tried.length - stored.length - refused.length;
        expect(others === 0, `${others} uploads were answered otherwise`);
        await leaves(run, stored);
        expect(mounts('-o', 'remount,size=64m'), 'the disk got no larger');
        stored.push(...(await takesOne(run)));
        await leaves(run, stored);
        note(`${refused.length} of ${tried.length} uploads found no room`);
      } finally {
        spawnSync('umount', ['-l', filesDir]);
      }
    },
  },
];
