import { type Conversation, logOf, parseConversation, peerOf } from '../../domain/conversations.ts';
import type { RawEntry } from '../../domain/entries.ts';
import { parseEntry } from '../../domain/entries.ts';
import type { Uid } from '../../domain/names.ts';
import type { MessageId } from '../../domain/stream-ids.ts';
import { command } from '../../redis/command.ts';

/** Whose conversation it is. */
interface Own {
  uid: Uid;
  conversation: Conversation;
}

/** Refuses `conversation_not_found`, `message_not_found`. */
export const read = command({
  script: new URL('./read.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Own & { upTo: MessageId; receipt: boolean }) => {
    const log = logOf(uid, conversation);
    const named = parseConversation(conversation);
    const ofGroup = 'gid' in named ? [keys.members(named.gid)] : [];
    return [keys.read(uid), keys.log(log), keys.floors(uid), keys.receipts(log), keys.signals(), ...ofGroup];
  },
  args: ({ uid, conversation, upTo, receipt }) => [
    logOf(uid, conversation),
    upTo,
    uid,
    peerOf(conversation),
    receipt ? 1 : 0,
  ],
  decode: ([n, mid, newest]: [n: string, mid: string, newest?: RawEntry | null]) => ({
    mark: `${n} ${mid}`,
    newest: newest ? parseEntry(newest) : undefined,
  }),
});

/** Refuses `group_not_found`, `not_member`, `too_many_members`, `conversation_not_found`. */
export const receipts = command({
  script: new URL('./receipts.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Own) => {
    const log = logOf(uid, conversation);
    const named = parseConversation(conversation);
    const ofGroup = 'gid' in named ? [keys.group(named.gid), keys.members(named.gid)] : [];
    return [keys.read(uid), keys.floors(uid), keys.receipts(log), ...ofGroup];
  },
  args: ({ uid, conversation }) => [logOf(uid, conversation), uid, peerOf(conversation)],
  decode: (flat: string[]) =>
    Array.from({ length: flat.length / 2 }, (_, i) => ({ uid: flat[2 * i] as Uid, mid: flat[2 * i + 1] as MessageId })),
});
