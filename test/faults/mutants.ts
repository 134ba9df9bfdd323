import type { Patch } from '../helpers/project-copy.ts';
import type { Kind } from './checker.ts';

/** The service, broken on purpose, and the fault that has to show it. */
export interface Mutant {
  name: string;
  patches: readonly Patch[];
  scenario: string;
  seed: number;
  /** One of these has to be found. */
  expected: readonly Kind[];
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no idempotency check',
    patches: [
      {
        file: 'lua/send.lua',
        from: "local earlier = idempotency and redis.call('SET', idempotency, record, 'NX', 'GET', 'PX', ttl)",
        to: 'local earlier = nil',
      },
    ],
    scenario: 'replies-dropped',
    seed: 1,
    expected: ['doubled'],
  },
  {
    name: 'live without the successor rule',
    patches: [
      {
        file: 'delivery/subscriber.ts',
        from: "if (this.#state === 'live' && this.source.isSuccessor(id, this.cursor)) {",
        to: "if (this.#state === 'live' && this.source.isAfter(id, this.cursor)) {",
      },
    ],
    scenario: 'feed-deleted-and-regrown',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'live before what was seen is reached',
    patches: [
      { file: 'delivery/subscriber.ts', from: "if (!more) this.#become('live');", to: "this.#become('live');" },
    ],
    scenario: 'commands-slow-feed-fast',
    seed: 1,
    expected: ['lost'],
  },
  {
    name: 'heartbeat without comparison',
    patches: [{ file: 'delivery/heartbeats.ts', from: 'const isComplete =', to: 'const isComplete = true ||' }],
    scenario: 'wake-up-lost',
    seed: 1,
    expected: ['heartbeat'],
  },
  {
    name: 'commands queued and sent again',
    patches: [
      { file: 'connection/command-connection.ts', from: 'enableOfflineQueue: false,', to: 'enableOfflineQueue: true,' },
      {
        file: 'connection/command-connection.ts',
        from: 'maxRetriesPerRequest: 0,\n    autoResendUnfulfilledCommands: false,',
        to: 'maxRetriesPerRequest: 20,\n    autoResendUnfulfilledCommands: true,',
      },
    ],
    scenario: 'redis-killed-always',
    seed: 1,
    expected: ['answer'],
  },
  {
    name: 'the cursor is ignored',
    patches: [
      {
        file: 'features/inbox/routes.ts',
        from: "parseStart(request.headers['last-event-id'] || request.query.start)",
        to: "parseStart('$')",
      },
    ],
    scenario: 'node-killed',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'unknown is told as not done',
    patches: [
      { file: 'redis/failure.ts', from: "if (effect === 'read') return notDone(", to: 'if (effect) return notDone(' },
    ],
    scenario: 'replies-dropped',
    seed: 1,
    expected: ['phantom'],
  },
  {
    name: 'gaps are not told',
    patches: [{ file: 'delivery/subscriber.ts', from: 'if (page.gap) sink', to: 'if (page.gap && !page.gap) sink' }],
    scenario: 'inbox-trimmed',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'lost signals are not told',
    patches: [
      {
        file: 'delivery/feed.ts',
        from: "if (!isSuccessorText(entry.id, followed.position)) dispatcher.signalsMissed('hole in the signals');",
        to: '',
      },
    ],
    scenario: 'signals-lost',
    seed: 1,
    expected: ['signal'],
  },
  {
    name: 'the epoch never moves',
    patches: [
      {
        file: 'move_epoch.lua',
        from: 'move_partition_past(partition_epoch())',
        to: '',
      },
    ],
    scenario: 'older-copy',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'a replica goes on with the epoch',
    patches: [
      {
        file: 'move_epoch.lua',
        from: 'move_partition_past(partition_epoch())',
        to: '',
      },
    ],
    scenario: 'moving-name-replicas-behind',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'no fence',
    patches: [
      {
        file: 'lua/fence.lua',
        from: "if redis.call('HGET', partition_meta_key(), 'server') == server then return end",
        to: 'if server then return end',
      },
    ],
    scenario: 'cluster-loss-unseen',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'the reader of the feed stays with the first master',
    patches: [
      {
        file: 'connection/link.ts',
        from: 'openFeed: () => this.#openFeed(new MasterRoute(lookup), nameOf(tag))',
        to: "openFeed: () => {\n        const first = route.address!;\n        return this.#openFeed(new MasterRoute({ name: '', server: route.server, find: async () => first }));\n      }",
      },
    ],
    scenario: 'cluster-master-killed',
    seed: 1,
    expected: ['lost'],
  },
  {
    name: 'all spaces have the epoch of one',
    patches: [
      {
        file: 'lua/epoch.lua',
        from: 'if not SPACE then return partition_epoch() end\n  if GENERATION',
        to: 'do return partition_epoch() end\n  if GENERATION',
      },
      {
        file: 'lua/epoch.lua',
        from: "redis.call('HSET', META_KEY, 'epoch', EPOCH)\n  return EPOCH",
        to: "redis.call('HSET', partition_meta_key(), 'epoch', EPOCH)\n  PARTITION_EPOCH = EPOCH\n  return EPOCH",
      },
    ],
    scenario: 'spaces-ids-alike',
    seed: 1,
    expected: ['odd'],
  },
  {
    name: 'a space keeps its epoch when its partition has lost data',
    patches: [{ file: 'lua/epoch.lua', from: 'if GENERATION ~= partition_epoch() then', to: 'if not GENERATION then' }],
    scenario: 'spaces-older-copy',
    seed: 1,
    expected: ['gap'],
  },
  {
    name: 'entries are remembered under bare names',
    patches: [
      {
        file: 'features/messages/logs.ts',
        from: 'return this.#store.keys.log(log);',
        to: 'return log;',
      },
    ],
    scenario: 'spaces-ids-alike',
    seed: 1,
    expected: ['phantom'],
  },
  {
    name: 'edits are told and not kept',
    patches: [{ file: 'messages/edit.lua', from: "keep(log, seq, 'edit', cjson", to: 'local _ = (cjson' }],
    scenario: 'node-killed',
    seed: 1,
    expected: ['edit'],
  },
  {
    name: 'edits of erased messages stay',
    patches: [
      {
        file: 'lua/erasure.lua',
        from: "redis.call('XDEL', log_key(log), mid, unpack(edits))",
        to: "redis.call('XDEL', log_key(log), mid)",
      },
    ],
    scenario: 'replies-dropped',
    seed: 1,
    expected: ['erasure'],
  },
  {
    name: 'repeated reactions count again',
    patches: [
      {
        file: 'reactions/react.lua',
        from: 'if has == adds then return',
        to: 'if has == adds and not adds then return',
      },
    ],
    scenario: 'replies-dropped',
    seed: 1,
    expected: ['reaction'],
  },
  {
    name: 'histories leave erased messages out',
    patches: [{ file: 'messages/page.lua', from: '      take_tombstones(seq_of(entry[1]))\n', to: '' }],
    scenario: 'scripts-flushed',
    seed: 1,
    expected: ['history'],
  },
  {
    name: 'erased messages are unread',
    patches: [
      {
        file: 'lua/unread.lua',
        from: "return math.max(0, unread - redis.call('ZCOUNT', erased_key(log), '(' .. after, '+inf'))",
        to: 'return math.max(0, unread)',
      },
    ],
    scenario: 'scripts-flushed',
    seed: 1,
    expected: ['unread'],
  },
  {
    name: 'a change is the last message',
    patches: [
      {
        file: 'lua/summary.lua',
        from: 'local _, n, last = newest(log_key(log))',
        to: 'local last, n = newest(log_key(log))',
      },
    ],
    scenario: 'scripts-flushed',
    seed: 1,
    expected: ['last'],
  },
  {
    name: 'redirects answered by resending',
    patches: [
      {
        file: 'messages/messages.ts',
        from: '      throw this.#explain(sending, error);',
        to:
          '      if (!/^(MOVED|READONLY) |timed out|close|max retries/.test((error as Error).message)) throw this.#explain(sending, error);\n' +
          '      await new Promise((resolve) => setTimeout(resolve, 500));\n' +
          '      const again = { ...sending, clientMessageId: randomUUID() };\n' +
          '      return this.#outcome(send, again, this.#sender.send(again));',
      },
    ],
    scenario: 'replies-dropped',
    seed: 1,
    expected: ['doubled'],
  },
  {
    name: 'the checkpoint is written before what failed is queued',
    patches: [
      {
        file: 'workers/hook-runner.ts',
        from: '      const delivered = await this.#sendAll(wanted);',
        to:
          '      if (page.next !== position) await consumers.acknowledge(consumer, page.next);\n' +
          '      const delivered = await this.#sendAll(wanted);',
      },
    ],
    scenario: 'webhook-killed-before-queue',
    seed: 1,
    expected: ['lost'],
  },
  {
    name: 'what a receiver did not take is not sent again',
    patches: [
      {
        file: 'workers/hook-sender.ts',
        from: 'dueMs: isDelivered || wait === undefined',
        to: 'dueMs: isDelivered || wait !== undefined',
      },
    ],
    scenario: 'webhook-receiver-odd',
    seed: 1,
    expected: ['lost'],
  },
  {
    name: 'who has the lease is not compared',
    patches: [{ file: 'lua/lease.lua', from: 'if holder and holder ~= node then return false end', to: '' }],
    scenario: 'webhook-receiver-down',
    seed: 1,
    expected: ['doubled'],
  },
  {
    name: 'the lease of a node that died stays',
    patches: [
      {
        file: 'lua/lease.lua',
        from: 'if holder and holder ~= node then return false end',
        to: "if holder and holder ~= node then redis.call('PERSIST', key) return false end",
      },
    ],
    scenario: 'webhook-node-killed',
    seed: 1,
    expected: ['lost'],
  },
  {
    name: 'an upload that was broken off stays',
    patches: [{ file: 'files/files.ts', from: '      await this.#discard(uid, id);\n', to: '' }],
    scenario: 'upload-client-stops',
    seed: 1,
    expected: ['odd'],
  },
  {
    name: 'the janitor leaves what an upload had written',
    patches: [
      {
        file: 'files/folder-store.ts',
        from: '.part`]) await rm(one',
        to: '.none`]) await rm(one',
      },
    ],
    scenario: 'upload-node-killed',
    seed: 1,
    expected: ['odd'],
  },
];
