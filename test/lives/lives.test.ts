import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { CONVERSATIONS } from './commands/conversations.ts';
import { GROUPS } from './commands/groups.ts';
import { MESSAGES } from './commands/messages.ts';
import { PEOPLE } from './commands/people.ts';
import { compareAll } from './compare.ts';
import { begin } from './life.ts';
import { World } from './model/world.ts';
import { startTwoNodes } from './service.ts';

/**
 * Users and groups live on two nodes, and a model in memory says what everybody sees. LIVES_RUNS and LIVES_STEPS say how
 * many and how long (on average), LIVES_SEED plays the same ones again.
 */

const RUNS = Number(process.env.LIVES_RUNS ?? 200);
const STEPS = Number(process.env.LIVES_STEPS ?? 60);
const SEED = Number(process.env.LIVES_SEED ?? Date.now() % 2 ** 31);

let redis: TestRedis;
before(async () => {
  redis = await startRedis();
});
after(() => redis.stop());

test('everybody sees what the model says', { timeout: Math.max(170_000, RUNS * STEPS * 30) }, async (t) => {
  t.diagnostic(`LIVES_SEED=${SEED}, ${RUNS} runs of ${STEPS} steps`);
  const steps = fc.commands([...MESSAGES, ...MESSAGES, ...CONVERSATIONS, ...CONVERSATIONS, ...GROUPS, ...PEOPLE], {
    // Any number up to it comes as often.
    maxCommands: 2 * STEPS,
    size: 'max',
  });
  const live = fc.asyncProperty(steps, async (life) => {
    const service = await startTwoNodes(redis);
    try {
      const world = new World();
      await begin(world, service);
      await fc.asyncModelRun(() => ({ model: world, real: service }), life);
      await compareAll(world, service.nodes);
    } finally {
      service.close();
    }
  });
  await fc.assert(live, { numRuns: RUNS, seed: SEED, includeErrorInReport: true });
});
