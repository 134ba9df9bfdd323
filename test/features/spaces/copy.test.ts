import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { type CopyLine, copyOf, restoreCopy } from '../../../src/features/spaces/space-copy.ts';
import { Spaces } from '../../../src/features/spaces/spaces.ts';
import { conversation, OLDEST, startIm, uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { server, im } = useIm();
const acme = 'acme' as SpaceName;

/** A space with a message, and another Redis prefix to bring it to. */
async function start() {
  const keyPrefix = im.keys.prefix;
  const spaces = new Spaces(im.store);
  const { serverKey } = await spaces.put(acme, { limits: { users: 5 } });
  const here = await startIm(server, { keyPrefix, space: acme });
  await here.people('alice', 'bob');
  await here.messages.send(uid('alice'), conversation('user:bob'), { fields: { text: 'one' }, clientMessageId: 'c' });
  await spaces.pause(acme, true);
  const there = await startIm(server);
  return { spaces, here, there, serverKey };
}
const all = async (lines: AsyncIterable<CopyLine>) => {
  const found: CopyLine[] = [];
  for await (const line of lines) found.push(line);
  return found;
};
const inOrder = async function* (lines: CopyLine[]) {
  yield* lines;
};
const dumps = async (from: { redis: typeof im.redis; keys: typeof im.keys }) => {
  const { prefix } = from.keys.of(acme);
  const keys = (await from.redis.keys(`${prefix}*`)).filter((key) => !key.endsWith('im:meta')).toSorted();
  return Promise.all(keys.map(async (key) => [key.slice(prefix.length), await from.redis.dumpBuffer(key)]));
};

test('a space that is moved has everything, and its cursors go on', async () => {
  const { spaces, here, there } = await start();
  await assert.rejects(here.say('alice', 'user:bob', 'while it is paused'), { code: 'unavailable' });
  const before = await dumps(im);
  const { keys } = await restoreCopy(there.store, copyOf(im.store, acme), false);
  assert.ok(keys > 5);
  assert.deepEqual(await dumps(there), before);
  const moved = await startIm(server, { keyPrefix: there.keys.prefix, space: acme });
  assert.equal((await new Spaces(there.store).get(acme)).limits.users, 5);
  assert.equal(await new Spaces(there.store).read(acme), (await spaces.read(acme))!.replace('paused', 'active'));
  // Sent again after the move it is the same message, and the inbox goes on where it was.
  const again = { fields: { text: 'one' }, clientMessageId: 'c' };
  assert.equal((await moved.messages.send(uid('alice'), conversation('user:bob'), again)).created, false);
  await moved.say('alice', 'user:bob', 'two');
  const { items, gap } = await moved.inbox.page(uid('bob'), OLDEST, { count: 10, maxBytes: 1e6 });
  assert.deepEqual([items.map(({ message }) => message.fields.text), gap], [['one', 'two'], undefined]);
  const [one, two] = items.map(({ cursor }) => cursor.split('-'));
  assert.deepEqual([two![0], Number(two![1])], [one![0], Number(one![1]) + 1]);
  for (const other of [here, there, moved]) other.close();
});

test('a backup after which the space has gone on has another epoch when it comes back', async () => {
  const { spaces, here, there } = await start();
  const lines = await all(copyOf(im.store, acme));
  await spaces.pause(acme, false);
  await here.say('alice', 'user:bob', 'after the backup');
  const before = Number(await im.redis.hget(im.keys.of(acme).meta(), 'epoch'));
  await setTimeout(2);
  await restoreCopy(there.store, inOrder(lines), true);
  assert.ok(Number(await there.redis.hget(there.keys.of(acme).meta(), 'epoch')) > before);
  here.close();
  there.close();
});

test('a copy that was cut off, or of a space that is there, leaves nothing and harms nothing', async () => {
  const { here, there } = await start();
  const lines = await all(copyOf(im.store, acme));
  const { prefix } = there.keys.of(acme);
  for (const wrong of [lines.slice(0, -1), [...lines.slice(0, 3), lines.at(-1)!], lines.slice(1), []]) {
    await assert.rejects(restoreCopy(there.store, inOrder(wrong), false), /cut off|says that|does not begin/);
    assert.deepEqual(await there.redis.keys(`${prefix}*`), []);
    await assert.rejects(new Spaces(there.store).get(acme), { code: 'space_not_found' });
  }
  const before = await dumps(im);
  await assert.rejects(restoreCopy(im.store, inOrder(lines), false), /there is a space "acme" here/);
  assert.deepEqual(await dumps(im), before);
  here.close();
  there.close();
});
