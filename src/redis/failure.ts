import { ReplyError } from 'ioredis';
import { ImError } from '../domain/errors.ts';

/**
 * What a failed Redis command means to a caller. The one question that matters: can it have been done? The messages
 * are those of ioredis 5, which has no codes for them; a test provokes each one on a real Redis.
 */

/** ioredis did not write the command: the command connection queues nothing. */
const UNSENT = "Stream isn't writeable and enableOfflineQueue options is false";

/**
 * ioredis wrote the command and saw no answer. "Connection is closed." is said of unsent commands too, on a connection
 * that was ended by us; nothing tells the two apart, so it counts as sent.
 */
const UNANSWERED = new Set(['Command timed out', 'Command aborted due to connection close', 'Connection is closed.']);

/** ioredis could not parse what came, and gave up everything in flight. */
const GARBLED = /Please report this\.$/;

/**
 * The server's refusals for reasons of its own, told by the first word of its reply. Each comes before anything is
 * written, in a script too: once a script has written, Redis lets its other writes pass.
 */
const REFUSALS = new Set([
  'ASK',
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'MOVED',
  'NOAUTH',
  'NOPERM',
  'NOREPLICAS',
  'READONLY',
  'TRYAGAIN',
  'UNBLOCKED',
  'WRONGPASS',
]);

/**
 * Translates what a Redis command was rejected with.
 * - surely not done → `unavailable`, or `storage_full` when Redis is out of memory
 * - sent, but not answered → `outcome_unknown`; for a `read`, which changes nothing, `unavailable`
 * - anything else (a script's own error, a wrong type, a bug) is returned as it is, to be logged and answered with 500
 */
export function asImError(error: unknown, effect: 'read' | 'write' = 'write'): unknown {
  if (error instanceof ImError || !(error instanceof Error)) return error;
  if (error instanceof ReplyError) {
    const code = error.message.split(' ', 1)[0]!;
    if (code === 'OOM') return notDone('storage_full', 'Redis has no memory left', error);
    return REFUSALS.has(code) ? notDone('unavailable', `Redis refuses commands right now (${code})`, error) : error;
  }
  if (error.message === UNSENT) return notDone('unavailable', 'Redis cannot be reached right now', error);
  if (!isUnanswered(error)) return error;
  if (effect === 'read') return notDone('unavailable', 'Redis did not answer', error);
  return new ImError('outcome_unknown', 'Redis did not answer: this may or may not have been done', { cause: error });
}

function isUnanswered(error: Error): boolean {
  return error.name === 'MaxRetriesPerRequestError' || UNANSWERED.has(error.message) || GARBLED.test(error.message);
}

function notDone(code: 'unavailable' | 'storage_full', what: string, cause: Error): ImError {
  return new ImError(code, `${what}; nothing was done, try again`, { retryAfter: 1, cause });
}
