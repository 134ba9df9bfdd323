import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { formatStreamId, parseStreamId } from '../../src/domain/stream-ids.ts';
import { moveEpoch } from '../../src/redis/meta/commands.ts';
import { loadFunctions, received } from '../helpers/functions.ts';
import { startIm, uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** `im_receive` tells of everything that is missing, as the API does: the two are compared at every kind of cursor. */

let server: TestRedis;
const opened: { close(): void }[] = [];
before(async () => {
  server = await startRedis();
});
after(async () => {
  for (const one of opened) one.close();
  await server.stop();
});

async function start() {
  const im = await startIm(server);
  opened.push(im);
  const fcall = await loadFunctions(im.redis, im.keys);
  await im.people('alice', 'bob');
  const receive = async (...words: (string | number)[]) => received(await fcall('im_receive', 'bob', ...words));
  /** Reads by both after a cursor, and has them agree. */
  const compare = async (cursor: string, count = 1_000) => {
    const page = await im.inbox.page(uid('bob'), parseStreamId(cursor)!, { count, maxBytes: Infinity });
    const { next, gap, entries } = await receive('START', cursor === '0-0' ? '0' : cursor, 'COUNT', count);
    const { backfill: _, ...told } = page.gap ?? { backfill: '' };
    assert.deepEqual(rounded(gap), rounded(told), `the gap after ${cursor}`);
    assert.equal(next, formatStreamId(page.next), `the next cursor after ${cursor}`);
    const items = page.items.map(({ cursor, message: { id, conversation, fields, from, action } }) => {
      return { cursor, id, conversation, uid: from, action, text: fields.text };
    });
    assert.deepEqual(
      entries
        .map((entry) => entry as typeof entry & Record<string, string>)
        .map(({ cursor, id, conversation, uid, action, text }) => ({ cursor, id, conversation, uid, action, text })),
      items,
      `what comes after ${cursor}`,
    );
    return gap.reason;
  };
  return { im, fcall, receive, compare };
}

/** A gap whose number can be compared: beyond doubles a function says about how many are lost. */
function rounded(gap: { lost?: string | number }) {
  return gap.lost === undefined ? gap : { ...gap, lost: Number(gap.lost).toPrecision(12) };
}

/** Cursors around an id, and the ends of all. */
function around(id: string): string[] {
  const [ms, seq] = id.split('-').map(BigInt) as [bigint, bigint];
  const max = 2n ** 64n - 1n;
  return [
    ...[seq - 1n, seq, seq + 1n, seq + 1_000_000n, max - 1n, max]
      .filter((n) => n >= 0n && n <= max)
      .map((n) => `${ms}-${n}`),
    ...[ms - 1n, ms + 1n].flatMap((other) => [0n, 1n, 10n ** 15n, max].map((n) => `${other}-${n}`)),
    ...['0-0', '0-1', `0-${max}`, '1-0', '10-0', `${max}-${max}`, `${max}-0`],
  ];
}

test('at every cursor it says what the API says', async () => {
  const { im, fcall, receive, compare } = await start();
  const reasons = new Set<string | undefined>();
  const everywhere = async () => {
    const newest = (await receive('START', '$')).next;
    const { items } = await im.all('bob');
    const cursors = [newest, ...items.map(({ cursor }) => cursor)].flatMap(around);
    for (const cursor of new Set(cursors)) reasons.add(await compare(cursor));
  };
  await everywhere();
  for (let n = 0; n < 4; n++) await fcall('im_send', 'alice', 'bob', 'text', `${n}`);
  await everywhere();
  await compare('0-0', 2);

  const inbox = im.keys.inbox(uid('bob'));
  await im.redis.xtrim(inbox, 'MAXLEN', 2);
  await everywhere();
  const [, last] = await im.redis.xrange(inbox, '-', '+');
  await im.redis.xdel(inbox, last![0]);
  await everywhere();
  await fcall('im_send', 'alice', 'bob', 'text', 'after a hole');
  await everywhere();

  const epoch = (await im.redis.hget(im.keys.meta(), 'epoch'))!;
  await im.store.run(moveEpoch, epoch);
  await everywhere();
  await fcall('im_send', 'alice', 'bob', 'text', 'in a new epoch');
  await everywhere();
  assert.deepEqual([...reasons].toSorted(), ['reset', 'trimmed', undefined]);
});

test('ids that no double holds follow one another, too', async () => {
  const { im, fcall, compare } = await start();
  const mid = String(await fcall('im_send', 'alice', 'bob', 'text', 'hi'));
  const inbox = im.keys.inbox(uid('bob'));
  await im.redis.del(inbox);
  const ids = ['5-9007199254740992', '5-9007199254740993', '5-9999999999999999999', '5-10000000000000000000'];
  ids.push('5-18446744073709551615', '6-0', '99999999999999999-0');
  for (const id of ids) await im.redis.xadd(inbox, id, 'FW', 'ds:alice:bob', 'mid', mid);
  for (const cursor of new Set(['0-0', ...ids, ...ids.flatMap(around)])) await compare(cursor);
});

test('what is erased, gone or no reference keeps its place', async () => {
  const { im, fcall, receive, compare } = await start();
  const mid = String(await fcall('im_send', 'alice', 'bob', 'text', 'to be erased'));
  await im.editing.erase(uid('alice'), 'user:bob' as never, mid as never);
  await fcall('im_group', 'team', 'alice');
  await fcall('im_join', 'bob', 'team');
  await im.groups.remove({ kind: 'server' }, 'team' as never);
  await compare('0-0');
  const inbox = im.keys.inbox(uid('bob'));
  const next = async (...words: string[]) => {
    const [ms, seq] = (await receive('START', '$')).next.split('-');
    await im.redis.xadd(inbox, `${ms}-${Number(seq) + 1}`, ...words);
  };
  await next('FW', 'ds:alice:bob', 'mid', 'no id');
  await next('XX', 'y');
  const { entries } = await receive();
  assert.deepEqual(
    entries.map((entry) => (entry as Record<string, string>).action),
    ['gone', 'erase', 'gone', 'delete', 'gone', 'gone'],
  );
  await im.redis.del(im.keys.log('ds:alice:bob' as never));
  await im.redis.set(im.keys.log('ds:alice:bob' as never), 'no stream');
  assert.equal((await receive()).entries.length, 6, 'a log of a wrong type reads as if its messages were gone');
});

test('a page ends after about a mebibyte, and the next one goes on', async () => {
  const { fcall, receive } = await start();
  for (let n = 0; n < 40; n++) await fcall('im_send', 'alice', 'bob', 'text', 'x'.repeat(60_000));
  const first = await receive('COUNT', 1_000);
  assert.ok(first.entries.length >= 17 && first.entries.length < 20, `${first.entries.length}`);
  const second = await receive('START', first.next, 'COUNT', 1_000);
  assert.deepEqual(second.gap, {});
  const third = await receive('count', 1_000, 'start', second.next);
  assert.equal(first.entries.length + second.entries.length + third.entries.length, 40);
  assert.equal((await receive()).entries.length, 18, 'twenty, if they are small enough');
});
