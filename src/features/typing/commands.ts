import { type Conversation, logOf } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';
import { audienceKeys, placeWords } from '../../redis/conversation-keys.ts';

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
  keys: (keys, { uid, conversation }: Typing) => [
    keys.typing(logOf(uid, conversation), uid),
    keys.signals(),
    ...audienceKeys(keys, uid, conversation),
  ],
  args: ({ uid, conversation, pauseMs, holdsMs }) => [...placeWords(uid, conversation), pauseMs, holdsMs],
  decode: ([outcome]: [string]) => outcome === 'told',
});
