import type { Product } from '../helpers/product.ts';
import { check, type Verdict } from './checker.ts';
import { overSocket, overSse } from './connections.ts';
import { DEPLOYMENT, Deployment, type DeploymentOptions } from './deployment.ts';
import { type History, newHistory } from './history.ts';
import { Listener } from './listener.ts';
import { Poller } from './poller.ts';
import { Random } from './random.ts';
import { missingSignals } from './signal-checker.ts';
import { inboxEnd, readKnown, readTruth } from './truth.ts';
import { Workload, type WorkloadOptions } from './workload.ts';

/** A fault, and the service that it happens to. */
export interface Scenario {
  name: string;
  deployment?: Partial<DeploymentOptions>;
  workload?: Partial<WorkloadOptions>;
  /** Whether some receivers break their connections now and then; on by default. */
  hangUps?: boolean;
  /** How many messages are sent before the fault, and after it. */
  around?: number;
  /** Left out of the short form. */
  longOnly?: boolean;
  /** Called while everybody sends. What it starts it ends, and what it stops goes on when it returns. */
  fault(run: Run): Promise<void>;
}

/** What a fault has in its hands. */
export interface Run {
  deployment: Deployment;
  workload: Workload;
  history: History;
  random: Random;
  /** The receivers by stream: first one for each user, then some users' second ones. */
  listeners: Listener[];
  isShort: boolean;
  /** Takes a further receiver into account, and opens it. */
  follow(listener: Listener): Promise<void>;
  /** Fails the run unless these get all of their inboxes within a time. Nobody may be sending meanwhile. */
  catchUp(listeners: readonly Listener[], withinMs: number): Promise<boolean>;
  /** Is told behind the verdict. */
  note(text: string): void;
  /** Fails the run unless it holds. */
  expect(condition: boolean, otherwise: string): void;
}

export interface Report extends Verdict {
  notes: string[];
}

export interface PerformOptions {
  seed: number;
  isShort: boolean;
  /** How long everybody may take to catch up in the end, ms. */
  settleMs?: number;
}

const SETTLE_MS = 45_000;
/** That signals were lost is told within 10 s, once it was seen. */
const SIGNALS_MS = 15_000;
const DEADLINE_MS = 240_000;

/** Runs a scenario on a product, and judges it. */
export async function perform(scenario: Scenario, product: Product, options: PerformOptions): Promise<Report> {
  const random = new Random(options.seed);
  const history = newHistory();
  const notes: string[] = [];
  const deployment = await Deployment.start(product, { ...DEPLOYMENT, ...scenario.deployment });
  const workload = new Workload(history, deployment.sendUrls, random, scenario.workload);
  const listeners: Listener[] = [];
  const pollers: Poller[] = [];
  let hangUps: NodeJS.Timeout | undefined;
  let timer: NodeJS.Timeout | undefined;
  const closeReceivers = async () => {
    clearInterval(hangUps);
    for (const listener of listeners) listener.close();
    await Promise.all(pollers.map((poller) => poller.close()));
  };
  const story = async (): Promise<Report> => {
    await workload.prepare();
    const listener = (uid: string, home: number, isSocket: boolean) =>
      new Listener(deployment.urls, uid, home, random, { connect: isSocket ? overSocket : overSse });
    workload.users.forEach((uid, i) => {
      listeners.push(listener(uid, i, i % 3 === 1));
    });
    const restless = workload.users.filter((_, i) => i % 3 === 0).map((uid, i) => listener(uid, 1, i % 2 === 1));
    listeners.push(...restless);
    pollers.push(
      ...workload.users.filter((_, i) => i % 6 === 1).map((uid) => new Poller(deployment.urls, uid, random)),
    );
    history.followers.push(...[...listeners, ...pollers].map(({ record }) => record));
    await Promise.all([...listeners, ...pollers].map((receiver) => receiver.open()));
    if (scenario.hangUps !== false) hangUps = setInterval(() => random.pick(restless)?.hangUp(), 60);
    workload.start();
    const around = scenario.around ?? (options.isShort ? 50 : 100);
    await workload.more(around);
    await scenario.fault({
      deployment,
      workload,
      history,
      random,
      listeners,
      isShort: options.isShort,
      follow: (listener) => {
        listeners.push(listener);
        history.followers.push(listener.record);
        return listener.open();
      },
      catchUp: async (some, withinMs) => {
        const late = await settle(deployment, history, some, withinMs);
        history.lacking.push(...late.map((name) => `${name} lacked something after ${withinMs / 1_000} s`));
        return late.length === 0;
      },
      note: (text) => void notes.push(text),
      expect: (condition, otherwise) => void (condition || history.oddities.push(otherwise)),
    });
    await workload.more(around);
    await workload.stop();
    clearInterval(hangUps);
    const present = [...listeners, ...pollers].filter(({ record }) => !record.hasLeft);
    await settle(deployment, history, present, options.settleMs ?? SETTLE_MS);
    await settleSignals(deployment, history);
    await closeReceivers();
    const truth = await readTruth(await deployment.data(), deployment.urls(), workload.users);
    const verdict = check(history, truth);
    if (verdict.violations.length > 0) notes.push(`logs in ${deployment.keepLogs(`${scenario.name}-${options.seed}`)}`);
    return { ...verdict, notes };
  };
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${DEADLINE_MS / 1_000} s`)), DEADLINE_MS);
  });
  try {
    return await Promise.race([story(), late]);
  } finally {
    clearTimeout(timer);
    await workload.stop().catch(() => {});
    await closeReceivers();
    await deployment.stop();
  }
}

/** Waits until everybody has been told what need not last, or that it may have missed some. */
async function settleSignals(deployment: Deployment, history: History): Promise<void> {
  const deadline = Date.now() + SIGNALS_MS;
  while (Date.now() < deadline && missingSignals(history, await readKnown(await deployment.data())).length > 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Waits until everybody has all of their inbox. Returns who has not. */
async function settle(
  deployment: Deployment,
  { broken }: History,
  receivers: readonly (Listener | Poller)[],
  withinMs: number,
): Promise<string[]> {
  const deadline = Date.now() + withinMs;
  const users = [...new Set(receivers.map(({ record }) => record.uid))].filter((uid) => !broken.has(uid));
  let late: typeof receivers = [];
  // Calm three times in a row: an outcome that was unknown may still become a message.
  for (let calm = 0; calm < 3 && Date.now() < deadline; calm = late.length === 0 ? calm + 1 : 0) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const ends = new Map<string, string[]>();
    const data = await deployment.data();
    for (const uid of users) {
      const [newest] = (await data.redis.xrevrange(`${data.prefix}s:${uid}`, '+', '-', 'COUNT', 1)) as [
        string,
        string[],
      ][];
      ends.set(uid, [await inboxEnd(data, uid), newest?.[0] ?? '']);
    }
    late = receivers.filter(({ record, position }) => ends.get(record.uid)?.includes(position) === false);
  }
  return late.map(({ record }) => record.name);
}
