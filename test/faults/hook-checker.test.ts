import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Allowed, checkHook, type Owed } from './hook-checker.ts';
import type { Arrival } from './hook-receiver.ts';

/** What the checker of webhooks finds in runs that are made up. */

const STRICT: Allowed = { repeats: 0, disorder: false };
const messages = Array.from({ length: 300 }, (_, i) => `gs:g 1-${i + 1}`);
const owed: Owed = {
  events: messages.map((message, i) => ({
    id: `1-${i + 1}`,
    type: 'message.created',
    message,
    shown: `group:g 1-${i + 1}`,
  })),
  acknowledged: messages.slice(0, 200),
  stored: messages,
};
/** Comes as it should. */
const arrival = (n: number, isTaken = true, text = bodyOf(`1-${n}`)): Arrival => ({
  id: `1-${n}`,
  headers: {},
  text,
  at: n,
  isTaken,
  isSigned: true,
});
const bodyOf = (id: string) =>
  JSON.stringify({ type: 'message.created', data: { message: { id, conversation: 'group:g' } } });
const all = Array.from({ length: 300 }, (_, i) => arrival(i + 1));
const kinds = (arrivals: readonly Arrival[], allowed = STRICT, what = owed) => [
  ...new Set(checkHook(arrivals, what, allowed).map(({ kind }) => kind)),
];

test('everything that comes once is as it should be', () => {
  assert.deepEqual(kinds(all), []);
});

test('what never came, or was never taken, is lost', () => {
  assert.deepEqual(kinds(all.slice(1)), ['lost']);
  assert.deepEqual(kinds([arrival(1, false), ...all.slice(1)]), ['lost']);
});

test('what the journal does not have is lost where somebody was told that it is stored, or where it is', () => {
  const less = { ...owed, events: owed.events.slice(1) };
  assert.deepEqual(kinds(all.slice(1), STRICT, less), ['lost']);
  assert.deepEqual(kinds(all.slice(1), STRICT, { ...less, acknowledged: [] }), ['lost']);
  assert.deepEqual(kinds(all.slice(1), STRICT, { ...less, stored: [] }), ['lost']);
});

test('what was not taken may come again, and what was only where that is allowed', () => {
  assert.deepEqual(kinds([arrival(1, false), ...all]), []);
  assert.deepEqual(kinds([...all, arrival(1)]), ['doubled']);
  assert.deepEqual(kinds([...all, arrival(1)], { repeats: 1, disorder: false }), []);
});

test('a repeat is what it was', () => {
  const changed = [arrival(1, false, bodyOf('1-2')), ...all];
  assert.deepEqual(kinds(changed), ['phantom', 'doubled']);
});

test('what nobody has decided is made up', () => {
  assert.deepEqual(kinds([...all, arrival(301)]), ['phantom']);
});

test('events overtake others by a page at most, where nothing goes wrong', () => {
  const late = (by: number) => [...all.slice(1, by), arrival(1), ...all.slice(by)];
  assert.deepEqual(kinds(late(100)), []);
  assert.deepEqual(kinds(late(200)), ['order']);
  assert.deepEqual(kinds(late(200), { repeats: 0, disorder: true }), []);
});
