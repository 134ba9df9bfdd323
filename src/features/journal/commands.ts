import type { RawEntry } from '../../domain/entries.ts';
import type { SpaceName } from '../../domain/spaces.ts';
import type { Cursor } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';
import type { Keys } from '../../redis/keys.ts';

/** A consumer as it is kept. */
export interface KeptConsumer {
  name: string;
  acknowledged: Cursor;
  /** Until when it wants the journal if it does not come back, ms since 1970. */
  untilMs: number;
  retentionMs: number;
  createdAtMs: number;
}

type RawConsumer = [
  outcome: string,
  acknowledged: string,
  until: string,
  retention: string,
  created: string,
  end: string,
];

const keysOf = (keys: Keys) => [keys.journal(), keys.journalConsumers()];

function consumerFrom(name: string, [acknowledged, until, retention, created]: string[]): KeptConsumer {
  return {
    name,
    acknowledged: acknowledged as Cursor,
    untilMs: Number(until),
    retentionMs: Number(retention),
    createdAtMs: Number(created),
  };
}

const decodeConsumer = ([outcome, ...words]: RawConsumer, name: string) => {
  return { created: outcome === 'created', consumer: consumerFrom(name, words), end: words[4] as Cursor };
};

interface PutConsumer {
  name: string;
  /** Absent: unchanged. */
  retentionMs: number | undefined;
  /** Of one that is made. */
  initialMs: number;
  /** How many there may be. */
  max: number;
}

/** Refuses `update_pending`, `too_many_consumers`. */
export const putConsumer = command({
  script: new URL('./put_consumer.lua', import.meta.url),
  keys: (keys, _: PutConsumer) => keysOf(keys),
  args: ({ name, retentionMs, initialMs, max }) => [name, retentionMs ?? '', initialMs, max],
  decode: (reply: RawConsumer, { name }) => decodeConsumer(reply, name),
});

/** Refuses `consumer_not_found`, `invalid_cursor`. */
export const acknowledge = command({
  script: new URL('./acknowledge.lua', import.meta.url),
  keys: (keys, _: { name: string; cursor: Cursor }) => keysOf(keys),
  args: ({ name, cursor }) => [name, cursor],
  decode: (reply: RawConsumer, { name }) => decodeConsumer(reply, name),
});

export const removeConsumer = command({
  script: new URL('./remove_consumer.lua', import.meta.url),
  keys: (keys, _: string) => keysOf(keys),
  args: (name) => [name],
  decode: () => undefined,
});

/** Where the journal ends, and what each consumer has acknowledged: undefined where there is none of the name. */
export const renew = command({
  script: new URL('./renew.lua', import.meta.url),
  keys: (keys, _: readonly string[]) => keysOf(keys),
  args: (names) => names,
  decode: ([end, ...acknowledged]: string[]) => ({
    end: end as Cursor,
    acknowledged: acknowledged.map((cursor) => (cursor === '' ? undefined : (cursor as Cursor))),
  }),
});

/** Refuses `consumer_not_found`. */
export const readJournal = command({
  script: new URL('./read_journal.lua', import.meta.url),
  keys: (keys, _: { name: string; start: string; count: number }) => keysOf(keys),
  args: ({ name, start, count }) => [name, start, count],
  decode: ([epoch, newest, entries]: [epoch: string, newest: string, entries: RawEntry[]]) => ({
    epoch,
    newest,
    entries: entries.map(([id, flat]) => ({ cursor: id as Cursor, flat })),
  }),
});

export const listConsumers = command({
  script: new URL('./list_consumers.lua', import.meta.url),
  keys: (keys, _: undefined) => keysOf(keys),
  args: () => [],
  decode: ([epoch, newest, ...flat]: [epoch: string, newest: string, ...string[]]) => {
    const consumers: KeptConsumer[] = [];
    for (let i = 0; i < flat.length; i += 2) consumers.push(consumerFrom(flat[i]!, flat[i + 1]!.split(' ')));
    return { epoch, newest, consumers };
  },
});

/** What one node at a time does beside requests, in the spaces where there is something to do. */
export type Work = 'webhooks' | 'push';

const WORK = {
  webhooks: (keys: Keys) => [keys.webhookLease(), keys.webhookSpaces()],
  push: (keys: Keys) => [keys.pushLease(), keys.pushSpaces()],
} satisfies Record<Work, (keys: Keys) => string[]>;

/** The spaces in which there is something to do, if the node has the lease now; else undefined. In the default space of a partition. */
export const takeLease = command({
  script: new URL('./take_lease.lua', import.meta.url),
  keys: (keys, { work }: { work: Work; node: string; ms: number }) => WORK[work](keys),
  args: ({ node, ms }) => [node, ms],
  decode: ([has, ...spaces]: [number, ...string[]]) => (has === 1 ? (spaces as SpaceName[]) : undefined),
});
