import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Area, answerTo, CALLERS, expectedOf, makeWorld, PEOPLE, ROWS } from '../../helpers/access.ts';
import { eventually } from '../../helpers/delivery.ts';
import { operations } from '../../helpers/openapi.ts';
import { API_KEY, type Service, userToken } from '../../helpers/service.ts';
import { makeSpace, SPACES_ON, sign } from '../../helpers/spaces.ts';
import { useService } from '../../helpers/use.ts';

/** The table of access.test.ts within a space, which is named like a key, beside two others with the same users and groups. */

const SECRET = 'a secret of the space ds, 32 bytes or more';
/** What an operator is told, and the metrics, name spaces. */
const OF_ALL = new Set(['listSpaces', 'getSpace', 'putSpace', 'rotateServerKey', 'deleteSpace', 'getMetrics']);
const areas: Record<'default' | 'acme' | 'ds', Area> = {} as never;

const { service } = useService({
  config: { ...SPACES_ON, logLevel: 'warn' },
  prepare: async (started) => {
    await started.people(...PEOPLE, 'linked');
    areas.default = { ...started, serverKey: API_KEY, tokens: {} };
    for (const uid of PEOPLE) areas.default.tokens[uid] = await userToken(uid);
    areas.acme = await areaOf(started, 'acme');
    areas.ds = await areaOf(started, 'ds', { jwtSecret: SECRET });
    areas.ds.tokens.expired = await sign({ sub: 'bob', space: 'ds', exp: 1 }, SECRET);
  },
});

async function areaOf(started: Service, name: string, setUp: object = {}): Promise<Area> {
  const space = await makeSpace(started, name, setUp, ...PEOPLE, 'linked');
  const tokens: Area['tokens'] = {};
  for (const uid of PEOPLE) tokens[uid] = await space.tokenOf(uid);
  return { ...started, ...space, tokens };
}

/** All keys of the default space and of a named one, with what they hold; without what is the partition's. */
async function contents(ofOthers: boolean): Promise<Record<string, string>> {
  const { prefix } = service.keys;
  const { keys: own } = service;
  const shared = [own.feed(), own.signals(), own.meta(), own.webhookSpaces(), own.webhookLease()];
  shared.push(own.pushSpaces(), own.pushLease());
  const registry = [service.keys.spaces(), service.keys.spaceNames(), service.keys.issuers()];
  const keys = (await service.redis.keys(`${prefix}*`))
    .filter((key) => key.startsWith(`${prefix}@ds:`) !== ofOthers && ![...shared, ...registry].includes(key))
    .toSorted();
  const dumps = await Promise.all(keys.map((key) => service.redis.dumpBuffer(key)));
  return Object.fromEntries(keys.map((key, i) => [key, String(dumps[i]?.toString('base64'))]));
}

test('within a space every operation answers every kind of caller as anywhere, and touches no other space', async () => {
  const worlds = [];
  for (const area of [areas.default, areas.acme]) for (let i = 0; i < 2; i++) worlds.push(await makeWorld(area));
  // A node says now and then that the webhooks of all spaces still are followed.
  for (const { server } of [areas.default, areas.acme]) {
    for (const { id } of (await server.get('/v1/webhooks')).body.items)
      await server.delete(`/v1/webhooks/${id}`).expect(204);
  }
  // And that what is pushed there is.
  for (const { server } of [areas.default, areas.acme])
    for (const uid of PEOPLE) await server.delete(`/v1/users/${uid}/devices/linked`).expect(204);
  await eventually(async () => (await service.redis.exists(service.keys.pushSpaces())) === 0, 'nothing is pushed');
  const before = await contents(true);
  assert.ok(Object.keys(before).length > 100);
  const wrong: string[] = [];
  for (const { operationId, method } of operations) {
    const row = ROWS[operationId]!;
    const got: number[] = [];
    for (const caller of CALLERS) {
      const { status, text } = await answerTo(areas.ds, method.toUpperCase(), row, caller);
      got.push(status);
      if (OF_ALL.has(operationId)) continue;
      if (text.includes('acme')) wrong.push(`${operationId} as ${caller} tells of another space: ${text}`);
    }
    if (got.join(' ') !== expectedOf(row))
      wrong.push(`${operationId}: got ${got.join(' ')}, expected ${expectedOf(row)}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(Object.keys(await contents(false)).length > 1_000, 'it has written into its own');
  assert.deepEqual(await contents(true), before);
});
