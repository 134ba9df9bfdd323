import { AUTH } from './auth.ts';
import { CHANNELS } from './channels.ts';
import { CLUSTER } from './cluster.ts';
import { DELIVERY } from './delivery.ts';
import { FILES } from './files.ts';
import { FUNCTIONS } from './functions.ts';
import { GROUPS } from './groups.ts';
import { HTTP } from './http.ts';
import { JOURNALS } from './journal.ts';
import { LIVES_MUTANTS } from './lives.ts';
import { LUA } from './lua.ts';
import { MESSAGES } from './messages.ts';
import { MODERATION } from './moderation.ts';
import type { Mutant } from './mutant.ts';
import { PEOPLE } from './people.ts';
import { PUSH } from './push.ts';
import { REDIS } from './redis.ts';
import { RULES } from './rules.ts';
import { SIGNALS } from './signals.ts';
import { SOCKETS } from './socket.ts';
import { SPACES } from './spaces.ts';
import { WEBHOOKS } from './webhooks.ts';

/** Every break that the tests are known to see. A rule that is added to the service adds one here. */
export const MUTANTS: readonly Mutant[] = [
  ...LUA,
  ...RULES,
  ...GROUPS,
  ...MESSAGES,
  ...PEOPLE,
  ...DELIVERY,
  ...CHANNELS,
  ...AUTH,
  ...HTTP,
  ...REDIS,
  ...CLUSTER,
  ...FUNCTIONS,
  ...SOCKETS,
  ...SIGNALS,
  ...SPACES,
  ...FILES,
  ...JOURNALS,
  ...WEBHOOKS,
  ...PUSH,
  ...MODERATION,
  ...LIVES_MUTANTS,
];
