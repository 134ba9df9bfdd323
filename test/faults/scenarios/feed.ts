import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

/** For what nothing but a heartbeat's comparison finds. */
const HEARTBEATS = { HEARTBEAT_MS: '400' };

export const feedScenarios: Scenario[] = [
  {
    name: 'scripts-flushed',
    async fault({ deployment: { admin }, workload }) {
      for (let i = 0; i < 10; i++) {
        await Promise.all([admin.script('FLUSH'), admin.function('FLUSH')]);
        await workload.more(10);
      }
    },
  },
  {
    name: 'feed-deleted',
    longOnly: true,
    deployment: { env: HEARTBEATS },
    async fault({ deployment: { admin }, workload }) {
      for (let i = 0; i < 4; i++) {
        await admin.del('feed');
        await workload.more(30);
      }
    },
  },
  {
    name: 'feed-deleted-and-regrown',
    deployment: { env: HEARTBEATS },
    around: 20,
    hangUps: false,
    async fault({ deployment: { admin }, workload, random, listeners, catchUp }) {
      // It counts from the start again, and is past the readers' position before they have looked.
      await workload.stop();
      await catchUp(listeners, 15_000);
      const length = await admin.xlen('feed');
      await admin.del('feed');
      for (let sent = 0; sent < length + 100; sent += 100) {
        const one = () => ({
          from: random.pick(workload.users),
          conversation: `user:${random.pick(workload.users)}`,
          padding: '',
        });
        await workload.sayMany(Array.from({ length: 100 }, one));
      }
      await catchUp(listeners, 30_000);
      workload.start();
    },
  },
  {
    name: 'feed-trimmed-to-0',
    longOnly: true,
    async fault({ deployment: { admin }, workload }) {
      for (let i = 0; i < 6; i++) {
        await admin.xtrim('feed', 'MAXLEN', 0);
        await workload.more(15);
      }
    },
  },
  {
    name: 'signals-lost',
    longOnly: true,
    hangUps: false,
    async fault({ deployment: { admin, nodes }, workload }) {
      for (const lose of [() => admin.xtrim('signals', 'MAXLEN', 0), () => admin.del('signals')]) {
        // What a node that is stopped has not read, is gone when it goes on.
        nodes[0]!.pause();
        await workload.read(15);
        await lose();
        nodes[0]!.resume();
        await workload.read(3);
        await workload.more(20);
      }
    },
  },
  {
    name: 'wake-up-lost',
    deployment: { env: HEARTBEATS },
    async fault({ deployment: { admin }, workload, history, listeners, catchUp }) {
      await workload.stop();
      history.heartbeatGraceMs = 3_000;
      const [uid] = workload.users as [string];
      const own = listeners.filter(({ record }) => record.uid === uid);
      await catchUp(own, 15_000);
      // An entry that the feed tells nobody of; a system event, so that no message comes twice.
      const [gid] = [...workload.groups].find(([, members]) => members.includes(uid)) ?? ['g0'];
      const [event] = (await admin.xrange(`gs:${gid}`, '-', '+', 'COUNT', 1)) as [string, string[]][];
      const epoch = await admin.hget('im:meta', 'epoch');
      const id = await admin.xadd(`s:${uid}`, `${epoch}-*`, 'FW', `gs:${gid}`, 'mid', event![0]);
      history.planted.set(`s:${uid} ${id}`, performance.now());
      await catchUp(own, 8_000);
      await delay(1_000);
      workload.start();
    },
  },
];
