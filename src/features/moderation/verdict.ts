import { cut } from '../../domain/cut.ts';

/** What a server that is asked about a message says of it. */
export type Verdict<Fields> =
  | { action: 'allow' }
  | { action: 'deny'; reason: string }
  | { action: 'replace'; fields: Fields };

/** Characters that a reason may have. */
const MAX_REASON = 500;
const NO_REASON = 'The message was not allowed.';

/**
 * Reads an answer. An empty one allows.
 *
 * @param take takes the fields that are to replace others; throws where they can't
 * @throws Error that says what is wrong with it
 */
export function verdictOf<Fields>(text: string, take: (fields: unknown) => Fields): Verdict<Fields> {
  if (text.trim() === '') return { action: 'allow' };
  const { action, reason, fields } = parse(text);
  switch (action) {
    case 'allow':
      return { action };
    case 'deny':
      return { action, reason: typeof reason === 'string' ? readable(reason) : NO_REASON };
    case 'replace':
      return { action, fields: take(fields) };
    default:
      throw new Error('the answer has no "action" that is allow, deny or replace');
  }
}

function parse(text: string): { action?: unknown; reason?: unknown; fields?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    throw new Error('the answer is no JSON');
  }
}

/** One line, as a person reads it, and not a long one. */
function readable(reason: string): string {
  const line = reason
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\s]+/gu, ' ')
    .trim();
  return cut(line, MAX_REASON) || NO_REASON;
}
