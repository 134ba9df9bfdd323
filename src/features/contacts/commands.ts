import { directLog } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';
import { permissionKeys } from '../../redis/conversation-keys.ts';

/** Refuses `user_not_found`, `blocked`, `must_unblock`. */
export const link = command({
  script: new URL('./link.lua', import.meta.url),
  keys: (keys, { uid, peer }: { uid: Uid; peer: Uid }) => [
    keys.contacts(uid),
    keys.user(uid),
    keys.user(peer),
    keys.log(directLog(uid, peer)),
    keys.read(uid),
    keys.read(peer),
    keys.feed(),
    ...permissionKeys(keys, uid, peer),
  ],
  args: ({ uid, peer }) => [uid, peer],
  decode: ([outcome, linkedAt, count, reason]: [outcome: string, linkedAt: string, count: number, reason: string]) => ({
    created: outcome === 'linked',
    linkedAtMs: Number(linkedAt),
    refused: { count, reason },
  }),
});
