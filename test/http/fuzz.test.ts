import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { assertRefused, call, closeConnections, faults } from '../helpers/http.ts';
import { codesOf, type Operation, operations } from '../helpers/openapi.ts';
import { API_KEY } from '../helpers/service.ts';
import { useService } from '../helpers/use.ts';

/** Whatever is sent, the answer is a documented one, never a fault of the service, and Redis stays in order. */

// Before the service is asked to end, which waits for them.
after(closeConnections);
const { service } = useService({
  prepare: async (service) => {
    await service.people('alice', 'bob');
    await service.team('team', 'alice', 'bob');
  },
});

const RUNS = 2_500;

/** A stream that opens well has no end, a long-poll waits, and any bytes are a file: they have tests of their own. */
const fuzzed = operations.filter(({ operationId }) => !/^(stream|uploadFile$)/.test(operationId));

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom('alice', 'bob', 'team', 'user:bob', 'group:team', 'user:alice', '1-1', '0-0', 'me', '$', '0'),
);
const PATHS: Record<string, string> = {
  uid: 'alice',
  peer: 'bob',
  gid: 'team',
  conversation: 'group:team',
  mid: '1-1',
  reaction: '+1',
  id: '0'.repeat(32),
};

/** JSON that is often nearly right: the names are those of the API. */
const value = fc.oneof(
  text,
  fc.dictionary(text, fc.oneof(text, fc.constant(null)), { maxKeys: 70 }),
  fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>,
  fc.constantFrom<unknown>(
    'open',
    'approval',
    'closed',
    'admins',
    'joined',
    'admin',
    3_600,
    [],
    ['bob'],
    ['*'],
    true,
    null,
  ),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
);
const NAMES = [
  'fields',
  'owner',
  'joinPolicy',
  'postPolicy',
  'historyPolicy',
  'role',
  'silencedUntil',
  'uids',
  'clientMessageId',
  'upTo',
  'receipt',
  'uid',
  'ttlSeconds',
  'messages',
  'conversation',
  'replyTo',
  'mentions',
  'attachments',
  'silent',
  'mutedUntil',
  'kind',
  'token',
  'endpoint',
  'attributes',
  'directPolicy',
  'pinned',
];
const object = fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...NAMES) }, text), value, {
  maxKeys: 4,
});
const body = fc.oneof(
  object.map((one) => JSON.stringify(one)),
  fc.array(object, { maxLength: 3 }).map((messages) => JSON.stringify({ messages })),
  fc.json(),
  fc.string({ unit: 'binary', maxLength: 100 }),
);

const request = fc.record({
  operation: fc.constantFrom(...fuzzed),
  names: fc.array(fc.option(text, { freq: 3 }), { minLength: 4, maxLength: 4 }),
  query: fc.dictionary(
    fc.constantFrom('limit', 'after', 'before', 'start', 'count', 'ids', 'messages', 'x'),
    fc.oneof(text, fc.integer().map(String)),
    {
      maxKeys: 3,
    },
  ),
  body: fc.option(body, { freq: 9 }),
});

function pathOf(operation: Operation, names: (string | null)[], query: Record<string, string>): string {
  let next = 0;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const given = names[next++];
    return given ? encodeURIComponent(given.toWellFormed()) : PATHS[name]!;
  });
  const pairs = Object.entries(query).map(([name, given]) => `${name}=${encodeURIComponent(given.toWellFormed())}`);
  if (operation.operationId === 'readInbox') pairs.push('block=0');
  return pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
}

test(`${RUNS} requests made up at random`, { timeout: 110_000 }, async () => {
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, names, query, body }) => {
      const path = pathOf(operation, names, query);
      const sent = operation.requestBody && body !== null ? body : undefined;
      const answer = await call(service.url, {
        method: operation.method,
        path,
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: sent,
      });
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
      if (answer.status < 400) assert.ok(answer.status in operation.responses, `${answer.status} is not documented`);
      else {
        const { code } = assertRefused(answer, `${operation.method} ${path} ${sent}`);
        // An empty name in a path, or dots, make another path.
        const known = [...codesOf(operation), 'route_not_found', 'method_not_allowed'];
        assert.ok(known.includes(code), `${operation.operationId}: ${code} is not documented`);
      }
    }),
    { numRuns: RUNS },
  );
  // Not all bounced off at the door.
  for (const status of [200, 201, 400, 404]) assert.ok((statuses.get(status) ?? 0) > 3, `${status}: ${[...statuses]}`);
  assert.deepEqual(faults(service), []);
  await service.people('after-all');
});

test('afterwards every key is one of ours, and of its type', async () => {
  const types: Record<string, string> = {
    u: 'hash',
    ua: 'hash',
    bl: 'zset',
    bb: 'set',
    s: 'stream',
    c: 'zset',
    gi: 'hash',
    gm: 'set',
    gr: 'hash',
    gb: 'zset',
    gs: 'stream',
    ds: 'stream',
    rd: 'hash',
    gq: 'zset',
    i: 'string',
    fl: 'hash',
    rq: 'set',
    sn: 'set',
    ru: 'hash',
    lf: 'hash',
    re: 'hash',
    mn: 'hash',
    cs: 'hash',
    ms: 'hash',
    ch: 'zset',
    er: 'zset',
    rp: 'zset',
    ma: 'zset',
    rc: 'hash',
    feed: 'stream',
    signals: 'stream',
    ty: 'string',
    pr: 'zset',
    journal: 'stream',
    wh: 'hash',
    wr: 'zset',
    wj: 'hash',
    wd: 'stream',
    fi: 'hash',
    fm: 'zset',
    fp: 'hash',
    dv: 'hash',
    'im:devices': 'set',
    'im:push-addresses': 'hash',
    'im:push-spaces': 'set',
    'im:push-lease': 'string',
    'im:journal-consumers': 'hash',
    'im:webhooks': 'hash',
    'im:webhook-spaces': 'set',
    'im:webhook-lease': 'string',
    'im:files': 'zset',
    'im:file-removals': 'set',
    'im:files-lease': 'string',
    'im:meta': 'hash',
    'im:removals': 'set',
    'im:groups': 'zset',
    'im:users': 'zset',
    'im:suspended': 'zset',
    'im:revoked': 'zset',
  };
  for (const key of await service.redis.keys(`${service.keys.prefix}*`)) {
    const name = key.slice(service.keys.prefix.length);
    assert.equal(await service.redis.type(key), types[name] ?? types[name.split(':')[0]!], name);
    if (name.startsWith('gm:')) assert.equal(await service.redis.exists(key.replace(/gm:/, 'gi:')), 1, name);
  }
});
