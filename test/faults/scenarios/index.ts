import type { Scenario } from '../scenario.ts';
import { redisScenarios } from './redis.ts';

export const SCENARIOS: Scenario[] = [...redisScenarios];
