import type { Mutant } from './mutant.ts';

const DELIVERY = ['test/delivery/signals.test.ts'];

/** What need not last: to whom it is told, and that a loss is. */
export const SIGNALS: readonly Mutant[] = [
  {
    name: 'a hole in the signals is read over',
    file: 'delivery/feed.ts',
    from: "if (!isNext(entry, followed)) dispatcher.signalsMissed('hole in the signals');",
    to: '',
    tests: DELIVERY,
    pattern: 'after a hole everybody',
  },
  {
    name: 'signals that were deleted are waited for',
    file: 'delivery/feed.ts',
    from: 'if (compareStreamIds(signals, this.#signals.position) < 0) {',
    to: 'if (signals.ms < 0n) {',
    tests: DELIVERY,
    pattern: 'after a deletion everybody',
  },
  {
    name: 'signals that were made anew count from the start',
    file: 'lua/signals.lua',
    from: "epoch() .. '-' .. first",
    to: "epoch() .. '-*'",
    tests: DELIVERY,
    pattern: 'ids of signals have no holes',
  },
  {
    name: 'after a broken link nobody is told that signals may be missing',
    file: 'delivery/feed.ts',
    from: "dispatcher.signalsMissed('the link to Redis was broken');",
    to: '',
    tests: DELIVERY,
    pattern: 'after a broken link everybody',
  },
  {
    name: 'a full socket is written signals to',
    file: 'delivery/subscriber.ts',
    from: 'if (this.#stalledSince === undefined) this.#sink.signal(name, json);',
    to: "if (name !== 'stale') this.#sink.signal(name, json);",
    tests: DELIVERY,
    pattern: 'a slow client goes without',
  },
  {
    name: 'a slow client is not told of the signals that it went without',
    file: 'delivery/subscriber.ts',
    from: 'else this.#staleAt ??= Date.now();',
    to: '',
    tests: DELIVERY,
    pattern: 'a slow client goes without',
  },
  {
    name: 'everybody is told of a loss at once',
    file: 'delivery/subscriber.ts',
    from: 'Date.now() + Math.random() * STALE_SPREAD_MS',
    to: 'Date.now()',
    tests: DELIVERY,
    pattern: 'who is due is told by the timer',
  },
  {
    name: 'everybody sees the chat of a signal as the first who does',
    file: 'delivery/signal-entry.ts',
    from: 'if (this.#conversation !== conversation) {',
    to: 'if (this.#conversation === undefined) {',
    tests: DELIVERY,
    pattern: 'a signal reaches the streams',
  },
];
