import type { Mutant } from './mutant.ts';

const ROUTES = ['test/features/webhooks/routes.test.ts'];
const EGRESS = ['test/features/webhooks/egress.test.ts'];
const WORKER = ['test/workers/webhook-worker.test.ts'];

/** Webhooks: that everything arrives, at least once, where it is meant to and nowhere else. */
export const WEBHOOKS: readonly Mutant[] = [
  {
    name: 'a name may lead a webhook to this machine',
    file: 'webhooks/egress.ts',
    from: "if (problem) return callback(new Error(problem), '', 0);",
    to: '',
    tests: EGRESS,
    pattern: 'a name that leads to this machine',
  },
  {
    name: 'an IPv4 address within an IPv6 address is not looked at',
    file: 'webhooks/egress.ts',
    from: 'ipaddr.process(address).range()',
    to: "(address.includes('::ffff:') ? 'unicast' : ipaddr.parse(address).range())",
    tests: EGRESS,
    pattern: 'is not public, however it is written',
  },
  {
    name: 'a former secret does not sign any more',
    file: 'webhooks/webhooks.ts',
    from: 'untilMs: Date.now() + GRACE_MS',
    to: 'untilMs: 0',
    tests: ROUTES,
    pattern: 'a former one signs beside the new one',
  },
  {
    name: 'what failed is not sent again',
    file: 'workers/hook-sender.ts',
    from: 'dueMs: isDelivered || wait === undefined',
    to: 'dueMs: true',
    tests: ROUTES,
    pattern: 'what fails is sent again under the same id',
  },
  {
    name: 'a receiver that is gone is sent more',
    file: 'workers/hook-sender.ts',
    from: "if (status === 410) await this.#disable(webhooks, 'gone');\n    else if",
    to: 'if',
    tests: ROUTES,
    pattern: '410 disables a webhook',
  },
  {
    name: 'nobody is told what a webhook was not sent',
    file: 'workers/journal-follower.ts',
    from: 'if (page.gap) await options.missed(page.gap.reason);',
    to: '',
    tests: ROUTES,
    pattern: 'is told by its status',
  },
  {
    name: 'a node that has died keeps others from sending',
    file: 'lua/lease.lua',
    from: 'if holder and holder ~= node then return false end',
    to: "if holder and holder ~= node then redis.call('PERSIST', key) return false end",
    tests: WORKER,
    pattern: 'where the node that sends is gone',
  },
  {
    name: 'each node sends all webhooks',
    file: 'lua/lease.lua',
    from: 'if holder and holder ~= node then return false end',
    to: '',
    tests: WORKER,
    pattern: 'one node sends each event',
  },
  {
    name: 'Retry-After is not waited for',
    file: 'workers/retry-wait.ts',
    from: 'Math.max(jittered, asked ?? 0)',
    to: 'jittered',
    tests: ROUTES,
    pattern: 'Retry-After is waited for',
  },
  {
    name: 'a webhook that was removed keeps the journal wanted',
    file: 'webhooks/webhooks.ts',
    from: "    if (source !== null) await this.#write(id, source, '');\n    await this.#consumers.remove(consumerOf(id));\n",
    to: "    if (source !== null) await this.#write(id, source, '');\n",
    tests: ROUTES,
    pattern: 'a webhook that is removed leaves nothing',
  },
];
