import type { Product } from '../helpers/product.ts';
import type { Verdict } from './checker.ts';
import { DEPLOYMENT, Deployment, type DeploymentOptions } from './deployment.ts';
import type { History } from './history.ts';
import type { Listener } from './listener.ts';
import { People, type Space } from './people.ts';
import { Random } from './random.ts';
import { ADMIN_KEY, API_KEY, ask, type Endpoints } from './requests.ts';
import type { Workload, WorkloadOptions } from './workload.ts';

/** A fault, and the service that it happens to. */
export interface Scenario {
  name: string;
  deployment?: Partial<DeploymentOptions>;
  workload?: Partial<WorkloadOptions>;
  /** Spaces beside the default one, each with people of its own who have the same names and do the same. */
  spaces?: readonly string[];
  /** Whether some receivers break their connections now and then; on by default. */
  hangUps?: boolean;
  /** Whether some receive by long-poll, from another node each time; on by default. */
  isPolled?: boolean;
  /** How many messages are sent before the fault, and after it. */
  around?: number;
  /** Left out of the short form. */
  longOnly?: boolean;
  /** How long it may take in all, where that is more than usual, ms. */
  withinMs?: number;
  /** Called while everybody sends. What it starts it ends, and what it stops goes on when it returns. */
  fault(run: Run): Promise<void>;
}

/** What a fault has in its hands. */
export interface Run {
  deployment: Deployment;
  /** The people of the default space; what they send, hear and remember is beside them. */
  people: People;
  workload: Workload;
  history: History;
  random: Random;
  /** Where the nodes are, dead ones included. */
  endpoints: Endpoints;
  /** The receivers by stream: first one for each user, then some users' second ones. */
  listeners: Listener[];
  /** The people of the other spaces. */
  others: readonly People[];
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
  const { withinMs = DEADLINE_MS } = scenario;
  const notes: string[] = [];
  const deployment = await Deployment.start(product, { ...DEPLOYMENT, ...scenario.deployment });
  const everybody: People[] = [];
  let timer: NodeJS.Timeout | undefined;
  const each = (work: (people: People) => unknown) => Promise.all(everybody.map(work));
  const story = async (): Promise<Report> => {
    const spaces = [{ name: '', key: API_KEY }, ...(await makeSpaces(deployment, scenario.spaces ?? []))];
    for (const [i, space] of spaces.entries()) {
      const own = i === 0 ? random : new Random(options.seed + 1_000 * i);
      everybody.push(new People(deployment, space, own, scenario.workload));
    }
    const [people, ...others] = everybody as [People, ...People[]];
    await each((some) => some.gather(scenario.isPolled !== false));
    if (scenario.hangUps !== false) await each((some) => some.startHangUps());
    await each(({ workload }) => workload.start());
    const around = scenario.around ?? (options.isShort ? 50 : 100);
    await each(({ workload }) => workload.more(around));
    const { workload, history, listeners, endpoints, follow, catchUp } = people;
    await scenario.fault({
      deployment,
      people,
      workload,
      history,
      random,
      endpoints,
      listeners,
      others,
      isShort: options.isShort,
      follow,
      catchUp,
      note: (text) => void notes.push(text),
      expect: (condition, otherwise) => void (condition || history.oddities.push(otherwise)),
    });
    await each(({ workload }) => workload.more(around));
    await each(({ workload }) => workload.stop());
    await each((some) => some.stopHangUps());
    await each((some) => some.settle(options.settleMs ?? SETTLE_MS));
    await each((some) => some.leave());
    const verdict = inOne(await Promise.all(everybody.map((some) => some.judge())));
    if (verdict.violations.length > 0) notes.push(`logs in ${deployment.keepLogs(`${scenario.name}-${options.seed}`)}`);
    return { ...verdict, notes };
  };
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${withinMs / 1_000} s`)), withinMs);
  });
  try {
    return await Promise.race([story(), late]);
  } finally {
    clearTimeout(timer);
    await each(({ workload }) => workload.stop().catch(() => {}));
    await each((some) => some.leave());
    await deployment.stop();
  }
}

/** What was found about several spaces. */
function inOne(verdicts: readonly Verdict[]): Verdict {
  const sum = (of: (verdict: Verdict) => number) => verdicts.reduce((total, verdict) => total + of(verdict), 0);
  return {
    violations: verdicts.flatMap(({ violations }) => violations),
    stored: sum(({ stored }) => stored),
    excused: sum(({ excused }) => excused),
    changed: sum(({ changed }) => changed),
  };
}

/** Makes spaces, each with a server key of its own. */
async function makeSpaces({ urls }: Deployment, names: readonly string[]): Promise<Space[]> {
  const [url] = urls() as [string];
  return Promise.all(
    names.map(async (name) => {
      const { status, body } = await ask({ url, key: ADMIN_KEY }, 'PUT', `/v1/spaces/${name}`, {});
      if (status !== 201) throw new Error(`the space ${name} was answered with ${status} ${JSON.stringify(body)}`);
      return { name, key: (body as { serverKey: string }).serverKey };
    }),
  );
}
