import type { Branded } from './names.ts';

/** A space's name; `''` is the default space, which has none. */
export type SpaceName = Branded<'SpaceName'>;

export const DEFAULT_SPACE = '' as SpaceName;
/** How many characters a space's name has at most. */
export const MAX_SPACE_NAME = 32;
/** What a space's name looks like. `default` is what the default space is called where it needs a name. */
export const SPACE_PATTERN = '^(?!default$)[a-z0-9][a-z0-9-]{0,31}$';
const NAME = new RegExp(SPACE_PATTERN);

/** True if `text` is a well-formed name of a space. */
export function isSpaceName(text: unknown): text is SpaceName {
  return typeof text === 'string' && NAME.test(text);
}
