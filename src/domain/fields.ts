import type { Fields } from './entries.ts';
import { ImError } from './errors.ts';

/** How many fields a user, a group or a message may have. */
export const MAX_FIELDS = 64;
/** How many characters a field's name may have. */
export const MAX_FIELD_NAME = 64;
/** How many bytes the names and values of all fields may have together, in UTF-8. */
export const MAX_FIELD_BYTES = 65_536;

/**
 * Checks a map of fields: number, names, bytes, well-formed text.
 *
 * @param reserved names that the key itself uses
 * @returns the fields as the scripts take them: name, value, name, value …
 * @throws ImError `fields_too_large`, `reserved_field` or `invalid_request`
 */
export function checkFields(fields: Fields, reserved: ReadonlySet<string>): string[] {
  return checkPatch(fields, reserved).pairs;
}

/**
 * Checks a change of fields, in which null removes one, and takes it apart as the scripts want it.
 *
 * @throws as {@link checkFields}
 */
export function checkPatch(
  patch: Record<string, string | null>,
  reserved: ReadonlySet<string>,
): { pairs: string[]; removed: string[] } {
  const pairs: string[] = [];
  const removed: string[] = [];
  let bytes = 0;
  for (const [name, value] of Object.entries(patch)) {
    checkName(name, reserved);
    if (value === null) removed.push(name);
    else {
      checkWellFormed(name, value);
      bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
      pairs.push(name, value);
    }
  }
  if (pairs.length > 2 * MAX_FIELDS || removed.length > MAX_FIELDS || bytes > MAX_FIELD_BYTES) {
    throw new ImError(
      'fields_too_large',
      `There are ${pairs.length / 2} fields of ${bytes} bytes; at most ${MAX_FIELDS} fields and ${MAX_FIELD_BYTES} bytes are allowed.`,
    );
  }
  return { pairs, removed };
}

/**
 * Reads a change of fields that nobody has looked at yet.
 *
 * @returns it, or undefined where it is no flat map of strings, and of null where that is allowed
 */
export function readPatch(value: unknown, { allowsNull }: { allowsNull: boolean }) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const isRight = Object.entries(value).every(
    ([name, one]) => name !== '__proto__' && (typeof one === 'string' || (allowsNull && one === null)),
  );
  return isRight ? (value as Record<string, string | null>) : undefined;
}

function checkName(name: string, reserved: ReadonlySet<string>): void {
  if (reserved.has(name)) {
    throw new ImError(
      'reserved_field',
      `"${name}" is reserved; use another name. Reserved are: ${[...reserved].join(', ')}.`,
    );
  }
  const length = lengthOf(name);
  if (length < 1 || length > MAX_FIELD_NAME) {
    throw new ImError(
      'invalid_request',
      `A field's name has 1 to ${MAX_FIELD_NAME} characters; one here has ${length}.`,
    );
  }
  checkWellFormed(name, name);
}

/** In code points, as the schema counts: an emoji is one character. */
function lengthOf(text: string): number {
  // It has no more of them than units, and no less than half as many.
  const isDecided = text.length <= MAX_FIELD_NAME || text.length > 2 * MAX_FIELD_NAME;
  return isDecided ? text.length : [...text].length;
}

/** A lone surrogate has no UTF-8: Redis would get a replacement character, and the reader other text than was sent. */
function checkWellFormed(name: string, text: string): void {
  if (!text.isWellFormed()) {
    throw new ImError(
      'invalid_request',
      `The field "${name.toWellFormed()}" holds a lone surrogate; send well-formed Unicode.`,
    );
  }
}
