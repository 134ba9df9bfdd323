import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, type Kind } from './checker.ts';
import { type Heard, type History, newHistory, type Signal, type Truth } from './history.ts';

/** Alice writes three times to a group of hers and bob's; bob follows from the first entry on. */
function run(): { history: History; truth: Truth } {
  const history = newHistory();
  const log = 'gs:team';
  const mids = ['100-1', '100-2', '105-3'];
  history.sends = mids.map((mid, i) => ({
    key: `k${i}`,
    from: 'alice',
    log,
    to: ['alice', 'bob'],
    attempts: [{ from: 10 * i, to: 10 * i + 5, outcome: 'ok', mid }],
  }));
  const heard: Heard[] = [
    { at: 0, event: 'connect', from: '9-0' },
    { at: 1, event: 'ready', cursor: '9-0' },
    ...mids.slice(1).map((id, i) => message(`9-${i + 1}`, id, `k${i + 1}`)),
    { at: 30, event: 'heartbeat', cursor: '9-2' },
  ];
  history.followers = [{ name: 'bob@1', uid: 'bob', heard }];
  const inbox = () => mids.map((mid, i) => ({ id: `9-${i}`, log, mid }));
  return {
    history,
    truth: {
      logs: new Map([
        [log, mids.map((id, i) => ({ id, from: 'alice', n: i + 1, key: `k${i}`, fields: { k: `k${i}` } }))],
      ]),
      inboxes: new Map([
        ['alice', inbox()],
        ['bob', inbox()],
      ]),
      ends: new Map([
        ['alice', '9-2'],
        ['bob', '9-2'],
      ]),
      receipts: new Map(),
      marks: new Map(),
      kept: new Map(),
      told: new Map(),
      unread: new Map([
        ['alice', new Map([[log, 0]])],
        ['bob', new Map([[log, 3]])],
      ]),
    },
  };
}

function message(cursor: string, id: string, key: string): Heard {
  return { at: 20, event: 'message', cursor, id, log: 'gs:team', key };
}

/** Breaks a good run and tells what kinds of violations are found. */
function kindsAfter(breakIt: (run: { history: History; truth: Truth; heard: Heard[] }) => void): Kind[] {
  const { history, truth } = run();
  breakIt({ history, truth, heard: history.followers[0]!.heard });
  return [...new Set(check(history, truth).violations.map(({ kind }) => kind))].toSorted();
}

const cases: [what: string, expected: Kind[], breakIt: Parameters<typeof kindsAfter>[0]][] = [
  ['nothing', [], () => {}],
  [
    'lost from the log',
    ['hole', 'lost', 'phantom', 'unread'],
    ({ truth }) => void truth.logs.get('gs:team')!.splice(1, 1),
  ],
  [
    'lost from the end of all',
    ['gap', 'lost', 'phantom', 'unread'],
    ({ truth }) => {
      truth.logs.get('gs:team')!.pop();
      for (const uid of ['alice', 'bob']) truth.inboxes.get(uid)!.pop();
      for (const uid of ['alice', 'bob']) truth.ends.set(uid, '9-1');
    },
  ],
  [
    'lost from one inbox',
    ['lost'],
    ({ truth }) => {
      truth.inboxes.get('alice')!.pop();
      truth.ends.set('alice', '9-1');
    },
  ],
  ['lost from a stream', ['lost'], ({ heard }) => void heard.splice(3)],
  [
    'doubled in the log',
    ['doubled', 'lost', 'unread'],
    ({ truth }) =>
      void truth.logs.get('gs:team')!.push({ id: '106-4', from: 'alice', n: 4, key: 'k0', fields: { k: 'k0' } }),
  ],
  [
    'doubled in an inbox',
    ['doubled'],
    ({ truth }) => {
      truth.inboxes.get('alice')!.push({ id: '9-3', log: 'gs:team', mid: '105-3' });
      truth.ends.set('alice', '9-3');
    },
  ],
  ['doubled in a stream', ['doubled', 'gap'], ({ heard }) => void heard.splice(3, 0, heard[2]!)],
  [
    'two answers for one message',
    ['doubled'],
    ({ history }) => void history.sends[0]!.attempts.push({ from: 6, to: 7, outcome: 'ok', mid: '100-9' }),
  ],
  [
    'reordered in an inbox',
    ['order', 'phantom'],
    ({ truth }) => {
      const inbox = truth.inboxes.get('bob')!;
      [inbox[1]!.mid, inbox[2]!.mid] = [inbox[2]!.mid, inbox[1]!.mid];
    },
  ],
  ['reordered in a stream', ['gap'], ({ heard }) => void heard.splice(2, 2, heard[3]!, heard[2]!)],
  [
    'a hole in an inbox',
    ['hole', 'lost', 'phantom'],
    ({ truth }) => {
      truth.inboxes.get('bob')![2]!.id = '9-3';
      truth.ends.set('bob', '9-3');
    },
  ],
  [
    'a hole in the numbers of a log',
    ['hole'],
    ({ truth }) => {
      truth.logs.get('gs:team')![2]!.n = 4;
    },
  ],
  ['an unsignalled gap', ['gap'], ({ heard }) => void heard.splice(2, 1)],
  [
    'a stream that begins elsewhere than asked',
    ['gap'],
    ({ heard }) =>
      void heard.push({ at: 40, event: 'connect', from: '9-1' }, { at: 40, event: 'ready', cursor: '9-9' }),
  ],
  [
    'a gap that tells a wrong number',
    ['gap'],
    ({ heard }) => void heard.splice(2, 1, { ...gap('9-0', '9-1'), lost: 2 }),
  ],
  ['a message that nobody sent', ['phantom'], ({ history }) => void history.sends.splice(0, 1)],
  [
    'a message that was told to have failed',
    ['phantom'],
    ({ history }) => {
      history.sends[1]!.attempts = [{ from: 1, to: 2, outcome: 'failed' }];
    },
  ],
  [
    'a message in a stream that is in no inbox',
    ['phantom'],
    ({ heard, truth }) => {
      heard.splice(4, 0, message('9-3', '107-4', 'k9'));
      heard.splice(5);
      truth.ends.set('bob', '9-3');
    },
  ],
  ['wrong unread', ['unread'], ({ truth }) => void truth.unread.get('bob')!.set('gs:team', 2)],
  [
    'an early heartbeat',
    ['heartbeat'],
    ({ heard }) => void heard.splice(3, 0, { at: 50_000, event: 'heartbeat', cursor: '9-1' }),
  ],
  [
    'unknown where Redis was away',
    ['answer'],
    ({ history }) => {
      history.away.push({ from: 0, to: 100 });
      for (const { attempts } of history.sends) attempts[0]!.from = -1;
      history.sends.push({ ...history.sends[0]!, key: 'k9', attempts: [{ from: 1, to: 2, outcome: 'unknown' }] });
    },
  ],
  ['a 500', ['odd'], ({ history }) => void history.oddities.push('500')],
];

for (const [what, expected, breakIt] of cases) {
  test(`the checker sees: ${what}`, () => {
    assert.deepEqual(kindsAfter(breakIt), expected);
  });
}

/** Bob has read; alice, who follows as well, hears it or not. */
function afterReceipt(...signals: Signal[]): Kind[] {
  return kindsAfter(({ history, truth }) => {
    history.marks = [{ uid: 'bob', log: 'gs:team', upTo: '105-3', from: 30 }];
    truth.receipts = new Map([['gs:team', new Map([['bob', '105-3']])]]);
    truth.unread.get('bob')!.set('gs:team', 0);
    history.followers.push({ name: 'alice@1', uid: 'alice', heard: [], signals });
  });
}
const opened = { at: 1, event: 'stale' };

test('one’s own devices are told of a mark, unless one’s own message has moved it', () => {
  const afterMark = (sender: string, ...signals: Signal[]) =>
    kindsAfter(({ history, truth }) => {
      history.sends[2]!.from = sender;
      truth.logs.get('gs:team')![2]!.from = sender;
      history.marks = [{ uid: 'bob', log: 'gs:team', upTo: '105-3', from: 30 }];
      truth.marks = new Map([['bob', new Map([['gs:team', '105-3']])]]);
      truth.unread.set('bob', new Map([['gs:team', 0]]));
      truth.unread.set('alice', new Map([['gs:team', sender === 'bob' ? 1 : 0]]));
      history.followers[0]!.signals = signals;
    });
  assert.deepEqual(afterMark('alice'), ['signal']);
  assert.deepEqual(afterMark('alice', { at: 31, event: 'read', log: 'gs:team', uid: 'bob', upTo: '105-3' }), []);
  assert.deepEqual(afterMark('bob'), []);
});

test('who was not told of a receipt, is told that something may be missing', () => {
  assert.deepEqual(afterReceipt(opened), ['signal']);
  assert.deepEqual(afterReceipt(opened, { at: 31, event: 'stale' }), []);
  assert.deepEqual(afterReceipt(opened, { at: 31, event: 'read', log: 'gs:team', uid: 'bob', upTo: '105-3' }), []);
  assert.deepEqual(afterReceipt(opened, { at: 31, event: 'read', log: 'gs:team', uid: 'bob', upTo: '100-2' }), [
    'signal',
  ]);
});

const gap = (requested: string, resumed: string, reason = 'trimmed'): Extract<Heard, { event: 'gap' }> => ({
  at: 20,
  event: 'gap',
  cursor: resumed,
  reason,
  requested,
  resumed,
  ...(reason === 'trimmed' ? { lost: 1 } : {}),
});

test('an unknown outcome is there once, or not at all', () => {
  const unknown = { from: 1, to: 2, outcome: 'unknown' } as const;
  const there = ({ history }: { history: History }) => {
    history.sends[1]!.attempts = [unknown];
  };
  assert.deepEqual(kindsAfter(there), []);
  const absent = ({ history }: { history: History }) =>
    void history.sends.push({ ...history.sends[0]!, key: 'k9', attempts: [unknown] });
  assert.deepEqual(kindsAfter(absent), []);
});

test('what a gap tells of may be missing', () => {
  assert.deepEqual(
    kindsAfter(({ heard }) => void heard.splice(2, 1, gap('9-0', '9-1'))),
    [],
  );
});

test('what was trimmed from an inbox may be missing at its start, and nowhere else', () => {
  const trim = ({ history, truth }: { history: History; truth: Truth }) => {
    history.trimmed.add('bob');
    truth.inboxes.get('bob')!.splice(0, 2);
  };
  assert.deepEqual(kindsAfter(trim), []);
  const more = (all: { history: History; truth: Truth }) => {
    all.history.trimmed.add('alice');
    all.truth.inboxes.get('alice')!.splice(1, 1);
  };
  assert.deepEqual(kindsAfter(more), ['hole', 'lost']);
});

test('lost data is excused where it may be lost, and only if the receiver was told', () => {
  const lose = ({ history, truth, heard }: { history: History; truth: Truth; heard: Heard[] }) => {
    history.mayLose = { from: 20, to: 30 };
    truth.logs.get('gs:team')!.pop();
    for (const uid of ['alice', 'bob']) {
      truth.inboxes.get(uid)!.pop();
      truth.ends.set(uid, '9-1');
    }
    truth.unread.get('bob')!.set('gs:team', 2);
    heard.push(gap('9-2', '9-1', 'reset'));
  };
  assert.deepEqual(kindsAfter(lose), []);
  assert.deepEqual(
    kindsAfter((all) => {
      lose(all);
      all.heard.pop();
    }),
    ['gap'],
  );
});
