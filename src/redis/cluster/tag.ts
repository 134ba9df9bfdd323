/** What a key's name has in a cluster, so that all keys of the default space are in one slot. */
export const DEFAULT_TAG = '{im}';
