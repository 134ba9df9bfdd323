import { setTimeout as delay } from 'node:timers/promises';
import { plantInInbox, plantInLog } from '../plant.ts';
import type { Scenario } from '../scenario.ts';

const DAY_MS = 86_400_000;

export const dataScenarios: Scenario[] = [
  {
    name: 'inbox-trimmed',
    async fault({ deployment: { admin }, workload, listeners, history, expect, note }) {
      const [live, stored] = [listeners[0]!, listeners[1]!];
      for (const { record } of [live, stored]) history.trimmed.add(record.uid);
      stored.leave();
      for (let i = 0; i < 5; i++) {
        await workload.more(30);
        await admin.xtrim(`s:${live.record.uid}`, 'MAXLEN', 0);
      }
      await admin.xtrim(`s:${stored.record.uid}`, 'MAXLEN', 2);
      stored.comeBack();
      await workload.more(30);
      const gaps = stored.record.heard.flatMap((event) => (event.event === 'gap' ? [event] : []));
      expect(gaps[0]?.reason === 'trimmed' && gaps[0].lost !== undefined, 'who was away was not told what is lost');
      note(`a stored cursor was told of ${gaps[0]?.lost} lost`);
    },
  },
  {
    name: 'ids-of-the-future',
    longOnly: true,
    async fault({ deployment, workload, listeners, history, random, expect }) {
      const { admin } = deployment;
      const epoch = () => admin.hget('im:meta', 'epoch');
      const before = await epoch();
      for (let day = 1; day <= 2; day++) {
        const { uid } = random.pick(listeners).record;
        const gid = random.pick([...workload.groups.keys()]);
        const ms = Date.now() + day * DAY_MS;
        const data = await deployment.data();
        const mid = await plantInLog(data, `gs:${gid}`, ms);
        const id = await plantInInbox(data, uid, `gs:${gid}`, mid, ms);
        history.planted.set(`s:${uid} ${id}`, performance.now());
        await workload.more(60);
      }
      expect((await epoch()) !== before, 'the epoch did not move');
    },
  },
  {
    name: 'inbox-of-wrong-type',
    longOnly: true,
    async fault({ deployment: { admin }, workload, history, random }) {
      const uid = random.pick(workload.users);
      history.broken.add(uid);
      await admin.multi().del(`s:${uid}`).set(`s:${uid}`, 'not a stream').exec();
      await workload.more(100);
    },
  },
  {
    name: 'memory-full',
    async fault({ deployment: { admin }, workload, listeners, expect, catchUp, note }) {
      const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
      await admin.config('SET', 'maxmemory', String(used + 300_000));
      const refusals = () => workload.statuses.get(503) ?? 0;
      const deadline = Date.now() + 60_000;
      while (refusals() < 40 && Date.now() < deadline) await delay(50);
      expect(refusals() >= 40, 'nothing was refused');
      // From here on nothing is stored at all, and receiving goes on.
      await admin.config('SET', 'maxmemory', '1');
      for (const listener of listeners) listener.hangUp();
      await catchUp(listeners, 20_000);
      note(`${refusals()} sends refused`);
      await admin.config('SET', 'maxmemory', '0');
    },
  },
  {
    name: 'older-copy',
    deployment: { redis: 'snapshot' },
    workload: { marks: false },
    async fault({ deployment: { admin, redis }, workload, listeners, history, expect, note, catchUp }) {
      const epoch = await admin.hget('im:meta', 'epoch');
      const from = performance.now();
      await admin.save();
      const away = listeners[2]!;
      await workload.more(60);
      away.leave();
      await workload.more(60);
      await redis.kill();
      await redis.restart();
      history.mayLose = { from, to: performance.now() };
      await workload.more(60);
      const hasMoved = async () => (await admin.hget('im:meta', 'epoch')) !== epoch;
      for (let i = 0; i < 200 && !(await hasMoved()); i++) await delay(50);
      expect(await hasMoved(), 'the epoch did not move');
      away.comeBack();
      await workload.more(30);
      await workload.stop();
      await catchUp(listeners, 30_000);
      workload.start();
      const isTold = ({ record }: (typeof listeners)[0]) =>
        record.heard.some((event) => event.event === 'gap' && event.reason === 'reset');
      expect(isTold(away), 'who was away was not told');
      note(`${listeners.filter(isTold).length} of ${listeners.length} streams told of a reset`);
    },
  },
];
