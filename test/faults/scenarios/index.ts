import type { Scenario } from '../scenario.ts';
import { clusterScenarios } from './cluster.ts';
import { crowdScenarios } from './crowd.ts';
import { dataScenarios } from './data.ts';
import { failoverScenarios } from './failover.ts';
import { feedScenarios } from './feed.ts';
import { fileScenarios } from './files.ts';
import { journalScenarios } from './journal.ts';
import { linkScenarios } from './link.ts';
import { nodeScenarios } from './nodes.ts';
import { redisScenarios } from './redis.ts';
import { spaceScenarios } from './spaces.ts';
import { webhookScenarios } from './webhooks.ts';

/** Every fault, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  ...redisScenarios,
  ...nodeScenarios,
  ...linkScenarios,
  ...feedScenarios,
  ...dataScenarios,
  ...crowdScenarios,
  ...failoverScenarios,
  ...clusterScenarios,
  ...spaceScenarios,
  ...journalScenarios,
  ...webhookScenarios,
  ...fileScenarios,
];
