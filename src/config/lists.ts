/** Splits a comma separated list; spaces around its items and empty items do not count. */
export function list(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** What TRUST_PROXY says: everybody, nobody, or these addresses and networks. */
export function trustOf(value: string): boolean | string[] {
  return value === 'true' || value === 'false' ? value === 'true' : list(value);
}
