/** Stream ids for the checker: on purpose not the product's own code, which is what is being checked. */

const MAX = 2n ** 64n - 1n;

/** The id as one number, so that ids are ordered and follow each other as numbers do. */
export function numberOf(id: string): bigint {
  const [ms, seq] = id.split('-');
  return BigInt(ms!) * (MAX + 1n) + BigInt(seq!);
}

export function epochOf(id: string): string {
  return id.slice(0, id.indexOf('-'));
}

export function isNext(id: string, before: string): boolean {
  return numberOf(id) === numberOf(before) + 1n;
}

/** The position before the first entry of an epoch. */
export function beforeEpoch(epoch: string): string {
  return epoch === '0' ? '0-0' : `${BigInt(epoch) - 1n}-${MAX}`;
}

/** Where an inbox ends, from the newest id it ever had ('' if none) and the epoch. */
export function endOf(epoch: string, newest: string): string {
  const start = beforeEpoch(epoch);
  return newest !== '' && numberOf(newest) > numberOf(start) ? newest : start;
}
