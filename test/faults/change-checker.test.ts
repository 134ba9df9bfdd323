import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, type Kind } from './checker.ts';
import { type Change, type History, type InboxEntry, newHistory, type Shown, type Truth } from './history.ts';

const LOG = 'gs:team';
const [HI, GONE, EDIT, ERASE, REPLY] = ['100-1', '100-2', '103-4', '104-5', '105-6'];

/**
 * Alice says something, which she edits and bob reacts to; something else, which she edits (102-3) and erases; and bob
 * replies to the first.
 */
function run(): { history: History; truth: Truth } {
  const history = newHistory();
  const send = (key: string, from: string, mid: string) => ({
    key,
    from,
    log: LOG,
    to: ['alice', 'bob'],
    attempts: [{ from: 1, to: 2, outcome: 'ok' as const, mid }],
  });
  history.sends = [send('k0', 'alice', HI), send('k1', 'alice', GONE), { ...send('k2', 'bob', REPLY), replyTo: HI }];
  const change = (kind: Change['kind'], actor: string, mid: string, value: string): Change => {
    return { kind, actor, log: LOG, mid, value, attempts: [{ from: 3, to: 4, outcome: 'ok' }] };
  };
  history.changes = [
    change('edit', 'alice', GONE, 'k1/0'),
    change('edit', 'alice', HI, 'k0/1'),
    change('react', 'bob', HI, 'ok'),
    change('erase', 'alice', GONE, ''),
  ];
  const edited = { k: 'k0', text: 'k0/1' };
  const inbox = (...mids: string[]): InboxEntry[] =>
    mids.map((mid, i) => ({
      id: `9-${i}`,
      log: LOG,
      mid,
      ...(mid.endsWith('-0') ? { reacted: { from: 'bob', target: HI } } : {}),
    }));
  const times = { editedAt: new Date(103).toISOString(), erasedAt: new Date(104).toISOString() };
  const shownTo = (uid: string): Shown[] => [
    {
      id: HI,
      from: 'alice',
      fields: edited,
      replyCount: 1,
      editedAt: times.editedAt,
      reactions: [{ reaction: 'ok', count: 1, mine: uid === 'bob' }],
    },
    { id: GONE, from: 'alice', action: 'gone', fields: {}, erasedAt: times.erasedAt },
    { id: REPLY, from: 'bob', fields: { k: 'k2' }, replyTo: HI },
  ];
  const told = (uid: string) => {
    const [back, on] = [shownTo(uid), shownTo(uid)];
    return new Map([[LOG, { back, on, isWhole: true, last: shownTo(uid).at(-1)! }]]);
  };
  const truth: Truth = {
    logs: new Map([
      [
        LOG,
        [
          { id: HI, from: 'alice', n: 1, key: 'k0', fields: { k: 'k0' } },
          { id: GONE, from: 'alice', n: 2, key: '', fields: {}, erasedAt: '104' },
          { id: EDIT, from: 'alice', n: 2, key: '', action: 'edit', target: HI, fields: edited },
          { id: ERASE, from: 'alice', n: 2, key: '', action: 'erase', target: GONE, fields: {} },
          { id: REPLY, from: 'bob', n: 3, key: 'k2', reply: HI, fields: { k: 'k2' } },
        ],
      ],
    ]),
    kept: new Map([
      [
        LOG,
        new Map([
          ['1:edit', JSON.stringify({ at: '103', ids: [EDIT], fields: ['k', 'k0', 'text', 'k0/1'] })],
          ['1:reactions', 'ok 1'],
          ['1:by:bob', 'ok'],
          ['1:replies', '1'],
        ]),
      ],
    ]),
    inboxes: new Map([
      ['alice', inbox(HI, GONE, '102-3', EDIT, '103-0', ERASE, REPLY)],
      ['bob', inbox(HI, GONE, '102-3', EDIT, ERASE, REPLY)],
    ]),
    ends: new Map(),
    receipts: new Map(),
    marks: new Map(),
    unread: new Map([
      ['alice', new Map([[LOG, 1]])],
      ['bob', new Map([[LOG, 0]])],
    ]),
    told: new Map(['alice', 'bob'].map((uid) => [uid, told(uid)])),
  };
  return { history, truth };
}

interface Broken {
  history: History;
  truth: Truth;
  /** The log, and what is kept beside it. */
  log: NonNullable<ReturnType<Truth['logs']['get']>>;
  kept: Map<string, string>;
  /** What bob is shown. */
  bob: { back: Shown[]; on: Shown[]; last?: Shown };
}

function kindsAfter(breakIt: (all: Broken) => void): Kind[] {
  const { history, truth } = run();
  const bob = truth.told.get('bob')!.get(LOG)!;
  breakIt({ history, truth, log: truth.logs.get(LOG)!, kept: truth.kept.get(LOG)!, bob });
  return [...new Set(check(history, truth).violations.map(({ kind }) => kind))].toSorted();
}

/** Nobody is asked what is shown: only what was answered and what Redis has is compared. */
const unasked = (breakIt: (all: Broken) => void) => (all: Broken) => {
  all.truth.told.clear();
  breakIt(all);
};

const cases: [what: string, expected: Kind[], breakIt: (all: Broken) => void][] = [
  ['nothing', [], () => {}],
  [
    'an edit that is lost',
    ['edit'],
    unasked(({ history }) => void history.changes.push({ ...history.changes[1]!, value: 'k0/2' })),
  ],
  [
    'an edit that is kept, and not in the log',
    ['edit'],
    unasked(({ kept }) => void kept.set('1:edit', JSON.stringify({ at: '103', ids: [EDIT, '106-7'] }))),
  ],
  [
    'an edit that nobody got',
    ['lost'],
    ({ truth }) => {
      const mids = [HI, GONE, '102-3', ERASE, REPLY];
      truth.inboxes.set(
        'bob',
        mids.map((mid, i) => ({ id: `9-${i}`, log: LOG, mid })),
      );
    },
  ],
  ['an erasure that is lost', ['erasure'], unasked(({ history }) => void history.changes.push(erasure(HI)))],
  ['an erasure that nobody made', ['erasure'], unasked(({ history }) => void history.changes.splice(3, 1))],
  [
    'an edit of an erased message that is left in the log',
    ['erasure'],
    unasked(({ log }) => {
      const left = { id: '102-3', from: 'alice', n: 2, key: '', action: 'edit', target: GONE };
      log.splice(2, 0, { ...left, fields: { k: 'k1', text: 'k1/0' } });
    }),
  ],
  ['reactions to an erased message that are left', ['erasure'], unasked(({ kept }) => void kept.set('2:by:bob', 'ok'))],
  [
    'more numbers missing than edits were erased',
    ['hole', 'phantom'],
    unasked(({ history }) => void history.changes.splice(0, 1)),
  ],
  ['a reaction that is lost', ['reaction'], unasked(({ kept }) => void kept.set('1:by:bob', '').delete('1:reactions'))],
  ['a reaction that is counted twice', ['reaction'], unasked(({ kept }) => void kept.set('1:reactions', 'ok 2'))],
  [
    'a reaction that was taken back',
    ['reaction'],
    unasked(({ history }) => void history.changes.push({ ...history.changes[2]!, kind: 'unreact' })),
  ],
  ['a reaction of somebody who has not', ['reaction'], unasked(({ kept }) => void kept.set('1:by:alice', 'ok'))],
  [
    'a reaction that its author was not told of',
    ['reaction'],
    ({ truth }) => {
      const inbox = truth.inboxes.get('alice')!;
      delete inbox[4]!.reacted;
      inbox[4]!.mid = '102-3';
    },
  ],
  [
    'a reaction that its author was told of twice',
    ['doubled'],
    ({ truth }) => void truth.inboxes.get('alice')!.push({ ...truth.inboxes.get('alice')![4]!, id: '9-7' }),
  ],
  ['old fields in a history', ['history'], ({ bob }) => void Object.assign(bob.back[0]!, { fields: { k: 'k0' } })],
  ['a history without an edit’s time', ['history'], ({ bob }) => void delete bob.on[0]!.editedAt],
  ['a history without a tombstone', ['history'], ({ bob }) => void bob.on.splice(1, 1)],
  [
    'a wrong count in a history',
    ['history'],
    ({ bob }) => void Object.assign(bob.back[0]!.reactions![0]!, { count: 2 }),
  ],
  [
    'a reaction shown as somebody else’s',
    ['history'],
    ({ bob }) => void Object.assign(bob.back[0]!.reactions![0]!, { mine: false }),
  ],
  ['a wrong number of replies', ['history'], ({ bob }) => void Object.assign(bob.on[0]!, { replyCount: 2 })],
  ['another last message', ['last'], ({ bob }) => void Object.assign(bob, { last: bob.back[1] })],
  ['unread with what was erased', ['unread'], ({ truth }) => void truth.unread.get('alice')!.set(LOG, 2)],
  ['a message that was told not to be there', ['answer'], ({ history }) => void history.missed.push(`${LOG} ${HI}`)],
];

function erasure(mid: string): Change {
  return { kind: 'erase', actor: 'alice', log: LOG, mid, value: '', attempts: [{ from: 3, to: 4, outcome: 'ok' }] };
}

for (const [what, expected, breakIt] of cases) {
  test(`the checker sees of changes: ${what}`, () => {
    assert.deepEqual(kindsAfter(breakIt), expected);
  });
}

test('a change of unknown outcome is done or not, and may come after later ones', () => {
  const unknown = (change: Change): Change => ({ ...change, attempts: [{ from: 3, to: 4, outcome: 'unknown' }] });
  const withUnknown = (at: number, value: string) =>
    kindsAfter(({ history }) => void history.changes.splice(at, 0, unknown({ ...history.changes[1]!, value })));
  assert.deepEqual(withUnknown(1, 'k0/0'), []);
  assert.deepEqual(withUnknown(2, 'k0/2'), []);
  assert.deepEqual(
    kindsAfter(({ history, truth, log, kept }) => {
      truth.told.clear();
      history.changes.splice(1, 0, unknown({ ...history.changes[1]!, value: 'k0/late' }));
      log[2]!.fields.text = 'k0/late';
      assert.equal(kept.size, 4);
    }),
    [],
  );
});

test('a change may be lost where data may be', () => {
  const lose = ({ history, truth }: Broken) => {
    truth.told.clear();
    history.changes.push({ ...history.changes[1]!, value: 'k0/2', attempts: [{ from: 20, to: 21, outcome: 'ok' }] });
  };
  assert.deepEqual(kindsAfter(lose), ['edit']);
  const excused = (all: Broken) => {
    lose(all);
    all.history.mayLose = { from: 10, to: 30 };
  };
  assert.deepEqual(kindsAfter(excused), []);
});
