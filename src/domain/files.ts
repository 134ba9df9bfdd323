import type { Branded } from './names.ts';

/** A file's id: made by the service, and not to be guessed. */
export type FileId = Branded<'FileId'>;
/** What a file's id looks like. */
export const FILE_ID_PATTERN = '^[0-9a-f]{32}$';
/** How many files a message may carry. */
export const MAX_ATTACHMENTS = 10;
/** How many characters the name of an attachment has at most. */
export const MAX_FILE_NAME = 255;
/**
 * What is in no name of an attachment, as in the brackets of a regular expression: what makes a path, control characters, and
 * those that turn the direction of text (an `exe` can look like a `jpg` by them).
 */
export const NOT_IN_FILE_NAMES =
  '/\\\\\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069';
/** What an attachment may be called. */
export const FILE_NAME_PATTERN = `^(?!\\.{1,2}$)[^${NOT_IN_FILE_NAMES}]+$`;
/** What a file is called of which nothing better is known. */
export const UNKNOWN_TYPE = 'application/octet-stream';

/** What is known of a file. */
export interface FileInfo {
  id: FileId;
  type: string;
  /** Bytes. */
  size: number;
  /** Of pictures, px. */
  width?: number;
  height?: number;
}

/** A file that a message is to carry, and what it is called there. */
export interface AttachmentInput {
  file: FileId;
  name: string;
}

/** A file as a message carries it. */
export interface Attachment extends AttachmentInput {
  type: string;
  size: number;
  width?: number;
  height?: number;
}

/** Pictures, sound and film that a browser may show where it is; it runs nothing of any. */
const INLINE: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/mpeg',
  'audio/mp4',
  'audio/x-m4a',
  'audio/aac',
  'audio/ogg',
  'audio/opus',
  'audio/wav',
  'audio/flac',
  'audio/webm',
  'video/mp4',
  'video/webm',
  'video/ogg',
  'video/quicktime',
]);

/** Whether a file of this type may be shown by a browser where it is; any other is only to be saved. */
export function isInline(type: string): boolean {
  return INLINE.has(type);
}

/** What a log entry has of its attachments, as JSON, in one order of members; undefined where it is none of ours. */
export function attachmentsFrom(json: string): Attachment[] | undefined {
  try {
    const list = JSON.parse(json) as Attachment[];
    if (!Array.isArray(list) || !list.every((one) => typeof one?.file === 'string')) return undefined;
    return list.map(({ file, name, type, size, width, height }) => ({
      file,
      name,
      type,
      size,
      ...(width && height ? { width, height } : {}),
    }));
  } catch {
    return undefined;
  }
}
