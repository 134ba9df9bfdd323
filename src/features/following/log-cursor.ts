import { type Cursor, type MessageId, parseStreamId } from '../../domain/stream-ids.ts';
import type { LogPosition } from './commands.ts';

/** The cursor of a log: `<epoch>~<incarnation>~<message id>`. Neither lost data nor a group made anew can look like it. */
export function formatLogCursor({ epoch, incarnation, id }: LogPosition): Cursor {
  return `${epoch}~${incarnation}~${id}` as Cursor;
}

/** The parts of a cursor, or of a message id alone; undefined if it is neither. */
export function parseLogCursor(text: string): LogPosition | undefined {
  const parts = text.split('~');
  const id = parts.at(-1)!;
  if (!parseStreamId(id)) return undefined;
  if (parts.length === 1) return { epoch: '', incarnation: '', id: id as MessageId };
  const [epoch, incarnation] = parts as [string, string];
  // Both are numbers as the halves of an id are.
  if (parts.length !== 3 || !parseStreamId(`${epoch}-${incarnation}`)) return undefined;
  return { epoch, incarnation, id: id as MessageId };
}
