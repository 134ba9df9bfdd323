import type { LogName } from '../../domain/conversations.ts';
import type { RawEntry } from '../../domain/entries.ts';
import { parseEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';

/** Refuses `conversation_not_found`, `message_not_found`. */
export const read = command({
  script: new URL('./read.lua', import.meta.url),
  keys: (keys, { uid, log }: { uid: Uid; log: LogName; upTo: MessageId }) => [
    keys.read(uid),
    keys.log(log),
    keys.floors(uid),
  ],
  args: ({ log, upTo }) => [log, upTo],
  decode: ([n, mid, newest]: [n: string, mid: string, newest?: RawEntry | null]) => ({
    mark: `${n} ${mid}`,
    newest: newest ? parseEntry(newest) : undefined,
  }),
});
