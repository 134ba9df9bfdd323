import { type Conversation, logOf, parseConversation, peerOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';
import { mayKeys } from '../../redis/keys.ts';

interface Typing {
  uid: Uid;
  conversation: Conversation;
  /** For how long nobody is told again, ms. */
  pauseMs: number;
  /** For how long it holds, ms. */
  holdsMs: number;
}

/** Whether anybody was told. Refuses `user_not_found`, `group_not_found`, `not_member`, `silenced`, `posting_restricted`, `too_many_members`. */
export const type = command({
  script: new URL('./typing.lua', import.meta.url),
  keys: (keys, { uid, conversation }: Typing) => {
    const named = parseConversation(conversation);
    const ofKind =
      'peer' in named
        ? [keys.user(uid), keys.user(named.peer), ...mayKeys(keys, uid, named.peer)]
        : [keys.group(named.gid), keys.members(named.gid), keys.roles(named.gid)];
    return [keys.typing(logOf(uid, conversation), uid), keys.signals(), ...ofKind];
  },
  args: ({ uid, conversation, pauseMs, holdsMs }) => [
    logOf(uid, conversation),
    uid,
    peerOf(conversation),
    pauseMs,
    holdsMs,
  ],
  decode: ([outcome]: [string]) => outcome === 'told',
});
