import { setTimeout as delay } from 'node:timers/promises';
import { HOOKED, Hook } from '../hook.ts';
import type { Allowed } from '../hook-checker.ts';
import { HookReceiver, type Manner, polite } from '../hook-receiver.ts';
import type { Run, Scenario } from '../scenario.ts';
import { until } from '../until.ts';

/** Nothing has gone wrong at the receiver. */
const HEALTHY: Allowed = { repeats: 0, disorder: false };
/** What comes is not always taken, and comes again behind others. */
const FAULTY: Allowed = { repeats: 0, disorder: true };
/** A node that is killed may have sent a page, and what was due again, of which nobody else knows. */
const CUT_OFF: Allowed = { repeats: 110, disorder: true };
/** What a node that dies is followed within, ms. */
const TAKEN_OVER_MS = 3_000;

/** How long one may take to make up for what it is behind with, ms. */
const BEHIND_MS = 300_000;
/**
 * By how much a node may grow while it sends what a webhook is behind, MiB: a node remembers 32 MiB of messages, and V8 lets the
 * heap grow before it collects. A hundred thousand events that were kept would be several hundred.
 */
const GROWTH_MIB = 160;
/** How late a webhook that is well may be, ms. */
const KEPT_UP_MS = 5_000;
/** How long to wait for what has to happen, ms. */
const SETTLE_MS = 30_000;

const failing: Manner = (response) => {
  response.writeHead(500).end();
  return false;
};

/** How each of some webhooks fares while everybody sends: everything comes to it in the end, from its first moment on. */
async function hooked(run: Run, allowed: readonly Allowed[], fault: (...hooks: Hook[]) => Promise<void>) {
  const { workload, note } = run;
  await workload.stop();
  const hooks: Hook[] = [];
  try {
    for (const _ of allowed) hooks.push(await Hook.start(run));
    workload.start();
    await workload.more(40);
    await fault(...hooks);
    await workload.more(40);
    await workload.stop();
    for (const hook of hooks) await hook.settle();
    for (const [i, hook] of hooks.entries()) await hook.judge(allowed[i]!);
    note(`webhooks were sent ${hooks.map(({ receiver }) => receiver.arrivals.length).join(' and ')} events`);
  } finally {
    for (const { receiver } of hooks) await receiver.down();
  }
  workload.start();
}

/** What is the matter with one receiver does not hold up another one. */
async function keepsUp({ workload, expect }: Run, hook: Hook): Promise<void> {
  const missing = () => hook.missing();
  await workload.more(1);
  const took = await until(async () => (await missing()) < 30, KEPT_UP_MS);
  expect(took < KEPT_UP_MS, `${await missing()} events had not come to a webhook that is well`);
}

/** Kills the node that sends webhooks, which is the only one there is, and has another one take over. @param when its moment */
async function killSender({ deployment, expect, note }: Run, hook: Hook, when: () => Promise<void>): Promise<void> {
  const [sender] = deployment.nodes;
  // Whoever has the lease keeps it.
  deployment.nodes.push(await deployment.startNode());
  await when();
  const lease = () => deployment.admin.get('im:webhook-lease');
  const former = await lease();
  await sender!.kill();
  deployment.proxy?.hear();
  deployment.nodes.shift();
  const since = performance.now();
  const has = hook.receiver.arrivals.length;
  const isFollowed = async () => {
    const now = await lease();
    return now !== null && now !== former;
  };
  const took = Math.round(await until(isFollowed, 2 * TAKEN_OVER_MS));
  expect(took < TAKEN_OVER_MS, `nobody sent webhooks for ${took} ms after a node was killed`);
  await until(() => hook.receiver.arrivals.length > has, 2 * TAKEN_OVER_MS);
  note(`another node took over after ${took} ms, and sent after ${Math.round(performance.now() - since)} ms`);
}

export const webhookScenarios: Scenario[] = [
  {
    name: 'webhook-receiver-down',
    longOnly: true,
    deployment: { env: HOOKED },
    async fault(run) {
      const { workload } = run;
      await hooked(run, [HEALTHY, FAULTY], async (well, ill) => {
        for (let i = 0; i < 2; i++) {
          await ill!.receiver.down();
          await workload.more(60);
          await delay(2_000);
          await ill!.receiver.up();
          await workload.more(20);
        }
        await keepsUp(run, well!);
      });
    },
  },
  {
    name: 'webhook-receiver-slow',
    longOnly: true,
    deployment: { env: HOOKED },
    async fault(run) {
      const { random, workload, expect } = run;
      await hooked(run, [HEALTHY, FAULTY], async (well, ill) => {
        let unanswered = 0;
        ill!.receiver.manner = async (response, request) => {
          // Some are never answered, and of some the answer never ends: they are given up after 15 s.
          const isNever = unanswered < 6 && random.chance(0.1);
          if (isNever && unanswered++ % 2 === 0) response.writeHead(200).write('and');
          if (isNever) return false;
          await delay(random.whole(0, 300));
          return polite(response, request);
        };
        await workload.more(100);
        await until(() => unanswered === 6, SETTLE_MS);
        await keepsUp(run, well!);
        ill!.receiver.manner = polite;
        const isGivenUp = async () => (await ill!.retries()) > 0;
        await until(isGivenUp, SETTLE_MS);
        expect(unanswered === 6 && (await isGivenUp()), 'what was never answered was not given up');
      });
    },
  },
  {
    name: 'webhook-receiver-odd',
    longOnly: true,
    deployment: { env: HOOKED },
    async fault(run) {
      const { workload, expect, note } = run;
      const elsewhere = await HookReceiver.start();
      await hooked(run, [HEALTHY, FAULTY], async (well, ill) => {
        const manners = oddManners(elsewhere.url);
        let turn = 0;
        ill!.receiver.manner = (response, request) => {
          // Now and then one is taken: where nothing is, the service waits longer each time.
          const manner = turn % 2 === 0 ? polite : manners[(turn / 2 - 0.5) % manners.length]!;
          turn++;
          return manner(response, request);
        };
        await workload.more(150);
        await until(() => turn >= 4 * manners.length, SETTLE_MS);
        expect(turn >= 4 * manners.length, `only ${turn} requests came`);
        await keepsUp(run, well!);
        ill!.receiver.manner = polite;
        note(`${manners.length} odd answers in turn`);
      });
      expect(elsewhere.arrivals.length === 0, 'a redirect was followed');
      await elsewhere.down();
    },
  },
  {
    name: 'webhook-node-killed',
    deployment: { nodes: 1, env: HOOKED },
    async fault(run) {
      const { workload, random } = run;
      await hooked(run, [CUT_OFF], (hook) => killSender(run, hook!, () => workload.more(random.whole(10, 60))));
    },
  },
  {
    // It has read, and sent; what was not taken is not noted yet.
    name: 'webhook-killed-before-queue',
    deployment: { nodes: 1, proxied: true, env: HOOKED },
    async fault(run) {
      await hooked(run, [CUT_OFF], async (hook) => {
        let checkpoint = '';
        await killSender(run, hook!, async () => {
          hook!.receiver.manner = failing;
          await run.deployment.proxy!.unhear(new RegExp(`wd:${hook!.id}`));
          checkpoint = await hook!.checkpoint();
          run.expect((await hook!.retries()) === 0, 'something was queued before the node was killed');
          hook!.receiver.manner = polite;
        });
        run.note(`killed after the checkpoint ${checkpoint}`);
      });
    },
  },
  {
    // What was not taken is noted; that all of it is dealt with is not.
    name: 'webhook-killed-before-checkpoint',
    longOnly: true,
    deployment: { nodes: 1, proxied: true, env: HOOKED },
    async fault(run) {
      await hooked(run, [CUT_OFF], async (hook) => {
        await killSender(run, hook!, async () => {
          const acknowledging = new RegExp(String.raw`webhook:${hook!.id}\r\n\$\d+\r\n\d+-\d+\r\n`);
          hook!.receiver.manner = failing;
          await run.deployment.proxy!.unhear(acknowledging);
          const queued = await hook!.retries();
          run.expect(queued > 0, 'nothing was queued before the node was killed');
          run.note(`${queued} events were queued`);
          hook!.receiver.manner = polite;
        });
      });
    },
  },
  {
    name: 'webhook-behind',
    withinMs: 600_000,
    deployment: { nodes: 1, env: { ...HOOKED, INBOX_MAX: '500000' } },
    workload: { marks: false },
    async fault(run) {
      const { deployment, workload, random, isShort, expect, note } = run;
      await hooked(run, [HEALTHY], async (hook) => {
        const { receiver } = hook!;
        const node = deployment.nodes[0]!;
        receiver.manner = async (response, request) => {
          await delay(1_000);
          return polite(response, request);
        };
        await workload.stop();
        const events = isShort ? 5_000 : 100_000;
        const padding = 'z'.repeat(1_000);
        const one = () => ({
          from: random.pick(workload.users),
          conversation: `user:${random.pick(workload.users)}`,
          padding,
        });
        for (let sent = 0; sent < events; sent += 100) await workload.sayMany(Array.from({ length: 100 }, one));
        const behind = await hook!.missing();
        expect(behind > 0.8 * events, `the webhook was only ${behind} events behind`);
        const since = performance.now();
        // What was sent until now is the memory of sending.
        node.forgetPeak();
        const before = node.memory.now;
        receiver.manner = polite;
        await until(() => receiver.arrivals.length >= events, BEHIND_MS);
        const { peak } = node.memory;
        const seconds = Math.round((performance.now() - since) / 1_000);
        note(`${behind} events behind, made up for in ${seconds} s, RSS ${before} MiB, at most ${peak}`);
        expect(peak - before < GROWTH_MIB, `RSS grew from ${before} to ${peak} MiB`);
        workload.start();
      });
    },
  },
  {
    name: 'webhook-redis-killed',
    longOnly: true,
    deployment: { redis: 'always', env: HOOKED },
    async fault(run) {
      const { deployment, workload } = run;
      await hooked(run, [CUT_OFF, CUT_OFF], async () => {
        await deployment.redis.kill();
        await delay(300);
        await deployment.redis.restart();
        await workload.more(40);
      });
    },
  },
];

/** Everything that one may answer but what it should. */
function oddManners(elsewhere: string): Manner[] {
  const withStatus =
    (status: number, headers: Record<string, string> = {}): Manner =>
    (response) => {
      response.writeHead(status, headers).end();
      return status < 300;
    };
  const raw =
    (text: string, isReset: boolean): Manner =>
    (_, { socket }) => {
      socket.write(text, () => (isReset ? socket.resetAndDestroy() : socket.end()));
      return false;
    };
  return [
    withStatus(302, { location: elsewhere }),
    withStatus(307, { location: elsewhere }),
    withStatus(500),
    withStatus(404),
    withStatus(429, { 'retry-after': '2' }),
    withStatus(503, { 'retry-after': 'tomorrow, maybe' }),
    raw('this is no HTTP\r\n\r\n', false),
    raw('', true),
    raw('', false),
    raw('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this', true),
    raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', false),
    raw(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, false),
    // A success in the end, whatever is in it.
    (response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=nonsense' }).end('<b>\0\xff');
      return true;
    },
    (response) => {
      response.on('error', () => {}).writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
      return true;
    },
  ];
}
