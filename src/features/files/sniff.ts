import { fileTypeFromBuffer } from 'file-type';
import { imageSize } from 'image-size';
import { isInline, UNKNOWN_TYPE } from '../../domain/files.ts';

/** As many bytes of the beginning tell what a file is, and how large a picture: there may be a preview in front of that. */
export const HEAD_BYTES = 256 * 1024;

/** Forms of which many others are made: whoever sends one knows better which. */
const CONTAINERS: ReadonlySet<string> = new Set([
  'application/zip',
  'application/gzip',
  'application/x-cfb',
  'application/xml',
]);

const MEASURED: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/;
/** From here on a photograph lies on its side, as its EXIF data say. */
const FIRST_TURNED = 5;

export interface Sniffed {
  type: string;
  width?: number;
  height?: number;
}

/**
 * What a file is. Its bytes decide: a type that is declared counts only where they tell nothing, or that it is a container,
 * and never for what a browser would show where it is.
 */
export async function sniff(head: Uint8Array, declared: string | undefined): Promise<Sniffed> {
  const type = typeOf((await fileTypeFromBuffer(head).catch(() => undefined))?.mime, declared);
  return { type, ...(MEASURED.has(type) ? sizeOf(head) : {}) };
}

function typeOf(sniffedType: string | undefined, declaredType: string | undefined): string {
  const declared = withoutParameters(declaredType ?? '');
  const sniffed = sniffedType && withoutParameters(sniffedType);
  const isTrusted = MEDIA_TYPE.test(declared) && declared !== UNKNOWN_TYPE && !isInline(declared);
  if (sniffed && !(isTrusted && CONTAINERS.has(sniffed))) return sniffed;
  return isTrusted ? declared : UNKNOWN_TYPE;
}

function withoutParameters(type: string): string {
  return type.split(';', 1)[0]!.trim().toLowerCase();
}

/** As it is shown, px; nothing, where that can't be told. */
function sizeOf(head: Uint8Array): { width?: number; height?: number } {
  try {
    // A copy that ends where it ends: behind a picture that is cut off the library goes on to read what lies there in memory.
    const { width, height, orientation = 1 } = imageSize(Uint8Array.from(head));
    if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) return {};
    return orientation < FIRST_TURNED ? { width, height } : { width: height, height: width };
  } catch {
    return {};
  }
}
