import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  compareStreamIds,
  formatStreamId,
  isSuccessorText,
  type MessageId,
  parseStreamId,
  predecessor,
  sentAt,
  successor,
  successorText,
} from '../../src/domain/stream-ids.ts';

const number = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(2n ** 53n - 3n, 2n ** 53n + 3n), fc.bigInt(0n, 99n));
const id = fc.record({ ms: fc.bigInt(0n, 2n ** 64n - 2n), seq: number });

test('one id follows another as the text that follows it says', () => {
  fc.assert(
    fc.property(id, id, fc.bigInt(-3n, 3n), (one, other, by) => {
      const near = { ms: one.ms, seq: BigInt.asUintN(64, one.seq + by) };
      for (const [a, b] of [one, other, near, successor(one)].map((next) => [
        formatStreamId(next),
        formatStreamId(one),
      ])) {
        assert.equal(isSuccessorText(a!, b!), a === successorText(b!));
      }
    }),
  );
  assert.ok(isSuccessorText('7-10', '7-9'));
  assert.ok(!isSuccessorText('17-10', '7-9'));
});

test('the id that follows is the same as text and as numbers, whatever their size', () => {
  fc.assert(
    fc.property(id, (id) => {
      assert.equal(successorText(formatStreamId(id)), formatStreamId(successor(id)));
      assert.equal(formatStreamId(predecessor(successor(id))), formatStreamId(id));
      assert.ok(compareStreamIds(successor(id), id) > 0);
      assert.equal(compareStreamIds(parseStreamId(formatStreamId(id))!, id), 0);
    }),
  );
  for (const [text, next] of [
    ['1-9', '1-10'],
    ['1-9007199254740992', '1-9007199254740993'],
    ['1-18446744073709551615', '2-0'],
  ] as const) {
    assert.equal(successorText(text), next);
  }
});

test('the time of a message is that of its id, whichever was asked for before; beyond the last there is, the last', () => {
  const last = 8.64e15;
  const near = fc.integer({ min: -2_000, max: 2_000 });
  const ms = fc.oneof(
    fc.integer({ min: 0, max: 2 ** 42 }),
    near.map((by) => 1_795_892_023_780 + by),
    near.map((by) => last + by),
    fc.constant(2 ** 64),
  );
  fc.assert(
    fc.property(fc.array(ms), (all) => {
      for (const one of all) {
        assert.equal(sentAt(`${BigInt(one)}-1` as MessageId), new Date(Math.min(one, last)).toISOString());
      }
    }),
  );
});
