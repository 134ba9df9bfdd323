import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignalEntry } from '../../src/delivery/signal-entry.ts';
import { uid } from '../helpers/im.ts';

/** What scripts write to the stream of signals, as a client gets it. */

const entry = (kind: string, log: string, ...data: string[]) =>
  new SignalEntry(['7-1', ['kind', kind, 'log', log, 'to', 'alice bob', ...data]]);
const told = (kind: string, log: string, ...data: string[]) =>
  JSON.parse(entry(kind, log, ...data).jsonFor(uid('bob')));

test('each kind is told with the reader’s own name of the conversation', () => {
  assert.deepEqual(told('read', 'ds:alice:bob', 'uid', 'alice', 'upTo', '5-1'), {
    conversation: 'user:alice',
    uid: 'alice',
    upTo: '5-1',
  });
  assert.deepEqual(told('typing', 'gs:team', 'uid', 'alice', 'until', '1763900311455'), {
    conversation: 'group:team',
    uid: 'alice',
    until: '2025-11-23T12:18:31.455Z',
  });
  const reaction = ['target', '5-1', 'uid', 'alice', 'reaction', '👍', 'added', '1'];
  assert.deepEqual(told('reaction', 'gs:team', ...reaction, 'reactions', '👍 2 ❤ 1'), {
    conversation: 'group:team',
    target: '5-1',
    uid: 'alice',
    reaction: '👍',
    added: true,
    reactions: [
      { reaction: '👍', count: 2 },
      { reaction: '❤', count: 1 },
    ],
  });
  const takenBack = told('reaction', 'gs:team', ...reaction.slice(0, -1), '0', 'reactions', '');
  assert.deepEqual([takenBack.added, takenBack.reactions], [false, []]);
  assert.deepEqual(told('conversation', 'gs:team', 'settings', '{"mutedUntil":1763900311455,"pinned":true}'), {
    conversation: 'group:team',
    mutedUntil: '2025-11-23T12:18:31.455Z',
    pinned: true,
  });
});

test('a presence says only of whom, and is told to nobody as it is', () => {
  const presence = new SignalEntry(['7-1', ['kind', 'presence', 'log', '', 'to', '', 'uid', 'alice']]);
  assert.deepEqual([presence.present, presence.recipients, presence.isKnown], ['alice', [], false]);
});

test('what is of no known form says nothing', () => {
  const odd: [kind: string, ...data: string[]][] = [
    ['novel', 'uid', 'eve'],
    ['toString', 'uid', 'eve'],
    ['typing', 'uid', 'eve', 'until', 'soon'],
    ['typing', 'uid', 'eve', 'until', '99999999999999999'],
    ['conversation', 'settings', '{'],
    ['conversation', 'settings', '{"mutedUntil":"x"}'],
  ];
  for (const [kind, ...data] of odd) assert.equal(entry(kind, 'gs:team', ...data).isKnown, false, `${kind} ${data}`);
  assert.equal(new SignalEntry(['7-1', []]).isKnown, false);
  assert.equal(new SignalEntry(['7-1', ['odd', 'one', 'out']]).isKnown, false);
});
