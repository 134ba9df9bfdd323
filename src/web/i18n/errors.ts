import type { ErrorCode } from '../../domain/errors.ts';
import { en, type Words, zh } from './error-words.ts';
import { locale } from './texts.ts';

const words = locale === 'zh-CN' ? zh : en;

/** An error that the page itself tells a person about: its message is written for them. */
export class UserError extends Error {}

/**
 * What went wrong, in words for a person: never the service's, which are for developers. Why a message is not allowed the
 * operator tells the person who wrote it.
 * @param special what some codes mean in this place
 */
export function errorText(error: unknown, special: Words = {}): string {
  if (error instanceof UserError) return error.message;
  const { code, status, message } = error as { code?: string; status?: number; message?: string };
  if (status === 0) return words.noAnswer;
  if (code === 'message_denied' && message) return message;
  const codes: Words = { ...words.codes, ...special };
  return codes[code as ErrorCode] ?? words.unknown;
}
