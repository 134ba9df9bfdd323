import type { Data } from './deployment.ts';

/** Writes an entry of the future to a log, as a clock that was wrong would have. */
const PLANT = `
  local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
  local seq = tonumber(string.match(newest[1], '%-(%d+)$')) + 1
  return redis.call('XADD', KEYS[1], ARGV[1] .. '-' .. seq, 'uid', newest[2][2], 'n', newest[2][4], 'action', 'planted')`;

/**
 * Plants an entry of the future in a log that is not empty.
 * @returns its id
 */
export async function plantInLog({ redis, prefix }: Data, log: string, ms: number): Promise<string> {
  return String(await redis.eval(PLANT, 1, `${prefix}${log}`, String(ms)));
}

/**
 * Has an inbox tell of an entry of a log, under an id of the future.
 * @returns that id
 */
export async function plantInInbox({ redis, prefix }: Data, uid: string, log: string, mid: string, ms: number) {
  return String(await redis.xadd(`${prefix}s:${uid}`, `${ms}-5`, 'FW', log, 'mid', mid));
}
