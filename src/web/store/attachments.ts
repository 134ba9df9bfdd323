import { type Attachment as Carried, MAX_FILE_NAME, NOT_IN_FILE_NAMES } from '../../domain/files.ts';

/** A file as a message carries it. */
export type Attachment = Omit<Carried, 'file'> & { file: string };

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Whether a file of this type is a picture that every browser shows. */
export function canBeShown(type: string): boolean {
  return SHOWN.has(type);
}

/** Whether it is shown where it is: a picture whose room is known before it is loaded. */
export function isPicture({ type, width, height }: Attachment): boolean {
  return canBeShown(type) && width !== undefined && height !== undefined;
}

/** How many characters of a name that is too long stay at its end. */
const ENDING = 40;

const FORBIDDEN = new RegExp(`[${NOT_IN_FILE_NAMES}]`, 'gu');

/** A file's name as the service takes it. */
export function fileName(name: string): string {
  const clean = name.replace(FORBIDDEN, '_');
  if (/^\.{0,2}$/.test(clean)) return 'file';
  const characters = [...clean];
  if (characters.length <= MAX_FILE_NAME) return clean;
  // Its end says what it is.
  return [...characters.slice(0, MAX_FILE_NAME - ENDING), ...characters.slice(-ENDING)].join('');
}
