import type { Product } from '../helpers/product.ts';
import type { Verdict } from './checker.ts';
import { DEPLOYMENT, Deployment, type DeploymentOptions } from './deployment.ts';
import type { History } from './history.ts';
import type { Listener } from './listener.ts';
import { People } from './people.ts';
import { Random } from './random.ts';
import { API_KEY, type Endpoints } from './requests.ts';
import type { Workload, WorkloadOptions } from './workload.ts';

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
  /** Where the nodes are, dead ones included. */
  endpoints: Endpoints;
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
const DEADLINE_MS = 240_000;

/** Runs a scenario on a product, and judges it. */
export async function perform(scenario: Scenario, product: Product, options: PerformOptions): Promise<Report> {
  const random = new Random(options.seed);
  const notes: string[] = [];
  const deployment = await Deployment.start(product, { ...DEPLOYMENT, ...scenario.deployment });
  const people = new People(deployment, { name: '', key: API_KEY }, random, scenario.workload);
  const { workload, history, listeners, endpoints, follow, catchUp } = people;
  let timer: NodeJS.Timeout | undefined;
  const story = async (): Promise<Report> => {
    await people.gather();
    if (scenario.hangUps !== false) people.startHangUps();
    workload.start();
    const around = scenario.around ?? (options.isShort ? 50 : 100);
    await workload.more(around);
    await scenario.fault({
      deployment,
      workload,
      history,
      random,
      endpoints,
      listeners,
      isShort: options.isShort,
      follow,
      catchUp,
      note: (text) => void notes.push(text),
      expect: (condition, otherwise) => void (condition || history.oddities.push(otherwise)),
    });
    await workload.more(around);
    await workload.stop();
    people.stopHangUps();
    await people.settle(options.settleMs ?? SETTLE_MS);
    await people.leave();
    const verdict = await people.judge();
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
    await people.leave();
    await deployment.stop();
  }
}
