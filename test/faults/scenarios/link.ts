import { setTimeout as delay } from 'node:timers/promises';
import type { Scenario } from '../scenario.ts';

/** Much slower than the feed, so that everything happens while somebody waits for a page. */
const SLOW_MS = 30;

export const linkScenarios: Scenario[] = [
  {
    name: 'replies-dropped',
    deployment: { proxied: true },
    async fault({ deployment, workload, expect, note }) {
      const proxy = deployment.proxy!;
      const cuts = 25;
      for (let i = 0; i < cuts; i++) {
        proxy.dropReplies(1);
        await workload.more(4);
      }
      const unknown = workload.statuses.get(504) ?? 0;
      expect(unknown > 0, 'no outcome was unknown');
      note(`${cuts} replies dropped, ${unknown} outcomes unknown`);
    },
  },
  {
    name: 'link-silent-10s',
    deployment: { proxied: true },
    async fault({ deployment, workload }) {
      deployment.proxy!.silence();
      await delay(10_000);
      deployment.proxy!.speak();
      await workload.more(20);
    },
  },
  {
    name: 'commands-slow-feed-fast',
    longOnly: true,
    deployment: { proxied: true },
    hangUps: false,
    async fault({ deployment, workload, listeners, random, isShort, catchUp }) {
      await workload.stop();
      deployment.proxy!.slowDown(SLOW_MS);
      // The last word of each round comes while somebody reads what was before it; nothing after it would wake them.
      for (let round = 0; round < (isShort ? 10 : 25); round++) {
        for (const listener of listeners) listener.hangUp(random.whole(0, SLOW_MS));
        const words = Array.from({ length: 8 }, () => {
          const from = random.pick(workload.users);
          return delay(random.whole(0, 3 * SLOW_MS)).then(() =>
            workload.say(from, `user:${random.pick(workload.users)}`),
          );
        });
        await Promise.all(words);
        if (!(await catchUp(listeners, 15_000))) break;
      }
      deployment.proxy!.speedUp();
      workload.start();
    },
  },
  {
    name: 'feed-reader-killed',
    async fault({ deployment: { admin }, workload, expect, note }) {
      let killed = 0;
      for (let i = 0; i < 8; i++) {
        const clients = String(await admin.client('LIST'));
        for (const [, id] of clients.matchAll(/^id=(\d+) .* cmd=xread /gm))
          killed += Number(await admin.client('KILL', 'ID', id!));
        await workload.more(15);
      }
      expect(killed > 0, 'no reader was found');
      note(`${killed} connections killed`);
    },
  },
];
