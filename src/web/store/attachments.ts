import { type Attachment as Carried, MAX_FILE_NAME } from '../../domain/files.ts';

/** A file as a message carries it. */
export type Attachment = Omit<Carried, 'file'> & { file: string };

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Whether it is shown where it is: a picture whose room is known before it is loaded. */
export function isPicture({ type, width, height }: Attachment): boolean {
  return SHOWN.has(type) && width !== undefined && height !== undefined;
}

/** How many characters of a name that is too long stay at its end. */
const ENDING = 40;

/** A file's name as the service takes it: no path, no control characters, and none that turn the direction of text. */
export function fileName(name: string): string {
  const clean = name.replace(/[/\\\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '_');
  if (/^\.{0,2}$/.test(clean)) return 'file';
  const characters = [...clean];
  if (characters.length <= MAX_FILE_NAME) return clean;
  // Its end says what it is.
  return [...characters.slice(0, MAX_FILE_NAME - ENDING), ...characters.slice(-ENDING)].join('');
}
