import type { IncomingHttpHeaders } from 'node:http';
import contentDisposition from 'content-disposition';
import parseRange from 'range-parser';
import { ImError } from '../../domain/errors.ts';
import { type FileInfo, isInline, UNKNOWN_TYPE } from '../../domain/files.ts';
import type { FilePart } from './file-store.ts';

/** A file never changes: its id is as good as a digest. */
const etagOf = ({ id }: FileInfo) => `"${id}"`;

/**
 * How a file is told. A browser shows pictures, sound and film where they are, and anything else only saves; and it runs nothing
 * of any, whatever the bytes are: no page of the API's origin can come of a file.
 */
export function headersOf(file: FileInfo & { name: string | undefined }): Record<string, string> {
  const isShown = isInline(file.type);
  return {
    'content-type': isShown ? file.type : UNKNOWN_TYPE,
    'content-disposition': contentDisposition(file.name, { type: isShown ? 'inline' : 'attachment' }),
    'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    // Pages of other origins may show it: whoever has a ticket in the address may read it.
    'cross-origin-resource-policy': 'cross-origin',
    // Who may read it now may not be allowed to later.
    'cache-control': 'private, no-cache',
    etag: etagOf(file),
    'accept-ranges': 'bytes',
  };
}

/** Whether a client has the file already. */
export function isFresh(headers: IncomingHttpHeaders, file: FileInfo): boolean {
  const known = headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((one) => ['*', etagOf(file)].includes(one.trim().replace(/^W\//, '')));
}

/**
 * Which part of a file a client asks for. All of it where it asks for several, or for a part of another file of before.
 *
 * @throws ImError `range_not_satisfiable`
 */
export function partOf(headers: IncomingHttpHeaders, file: FileInfo): FilePart & { isPartial: boolean } {
  const whole = { start: 0, end: file.size - 1, isPartial: false };
  const condition = headers['if-range'];
  if (headers.range === undefined || (condition !== undefined && condition !== etagOf(file))) return whole;
  const ranges = parseRange(file.size, headers.range);
  if (ranges === -1) {
    throw new ImError('range_not_satisfiable', `The file has ${file.size} bytes: ask for a part within them.`, {
      headers: { 'content-range': `bytes */${file.size}` },
    });
  }
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return whole;
  return { ...ranges[0]!, isPartial: true };
}
