import { isName, MAX_NAME } from './names.ts';

/** How much of a digest stands in an id. */
const DIGEST_LENGTH = 8;

/**
 * The id that reads like a name: "Zoë B." is `zoe-b.`. Names that differ in case, accents or signs only have the same one.
 * The page proposes ids of groups by it, and finds people by the name that they log in with.
 * @returns `isWhole` false where letters or digits got lost ("小明"), or nothing fit is left: then it takes an ending, `withEnding`
 */
export function readableId(name: string): { id: string; isWhole: boolean } {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  // An id starts with a letter or a digit.
  const left = plain.replaceAll(/[^a-z0-9._@+~|-]+/g, '-').replace(/^[^a-z0-9]+/, '');
  const id = left.replace(/-+$/, '');
  const hasLost = /(?![a-z0-9])[\p{L}\p{N}]/u.test(plain);
  return { id, isWhole: !hasLost && isName(id) };
}

/** An id with an ending that keeps it apart from others: hexadecimal digits, of which it takes eight. */
export function withEnding(id: string, ending: string): string {
  const start = id.slice(0, MAX_NAME - DIGEST_LENGTH - 1).replace(/-+$/, '');
  return `${start || 'u'}-${ending.slice(0, DIGEST_LENGTH)}`;
}

/** The text whose SHA-256 is the ending of the id of somebody whose name is not in it. */
export function textToDigest(name: string): string {
  return name.trim().normalize('NFKC').toLowerCase();
}
