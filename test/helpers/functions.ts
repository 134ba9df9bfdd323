import type { Redis } from 'ioredis';
import { librarySource } from '../../src/redis/functions/library.ts';
import type { Keys } from '../../src/redis/keys.ts';

/** Words as a caller gives them; bytes where they are to be no text. */
export type Word = string | number | Buffer;

/** The function library in a Redis: calls of its functions, on the data under a key prefix. */
export async function loadFunctions(redis: Redis, keys: Keys, version = '1.2.3') {
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', librarySource(version));
  return (name: string, ...words: Word[]) => redis.call('FCALL', name, 1, keys.meta(), ...words);
}

/** The code that an error reply begins with; '' where the call was answered. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => '',
    (error: Error) => error.message.split(' ', 1)[0]!,
  );
}

/** A reply of im_receive, by name. */
export function received(reply: unknown) {
  const [next, gap, entries] = reply as [string, string[], [string, string, string, string[]][]];
  return {
    next,
    gap: record(gap),
    entries: entries.map(([cursor, conversation, id, flat]) => ({ cursor, conversation, id, ...record(flat) })),
  };
}

/** Names and values as an object. */
export function record(flat: unknown): Record<string, string> {
  const words = flat as string[];
  return Object.fromEntries(words.flatMap((word, i) => (i % 2 === 0 ? [[word, words[i + 1]!]] : [])));
}
