import type { components } from '../api/client.ts';

/** A file as a message carries it. */
export type Attachment = components['schemas']['Attachment'];

const SHOWN = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** Whether it is shown where it is: a picture whose room is known before it is loaded. */
export function isPicture({ type, width, height }: Attachment): boolean {
  return SHOWN.has(type) && width !== undefined && height !== undefined;
}

/** A file's name as the service takes it: no path, no control characters, and none that turn the direction of text. */
export function fileName(name: string): string {
  const clean = name.replace(/[/\\\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '_');
  if (/^\.{0,2}$/.test(clean)) return 'file';
  const characters = [...clean];
  // Its end says what it is.
  return characters.length <= MOST_CHARACTERS
    ? clean
    : [...characters.slice(0, 200), ...characters.slice(-40)].join('');
}

const MOST_CHARACTERS = 240;
