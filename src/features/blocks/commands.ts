import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

interface Pair {
  uid: Uid;
  peer: Uid;
}

/** Refuses `user_not_found`, `invalid_request` (oneself). */
export const block = command({
  script: new URL('./block.lua', import.meta.url),
  keys: (keys, { uid, peer }: Pair) => [
    keys.user(uid),
    keys.user(peer),
    keys.blocks(uid),
    keys.blockedBy(peer),
    keys.feed(),
    keys.journal(),
  ],
  args: ({ uid, peer }) => [uid, peer],
  decode: ([outcome, blockedAt]: [outcome: string, blockedAt: string]) => ({
    created: outcome === 'blocked',
    blockedAtMs: Number(blockedAt),
  }),
});

export const unblock = command({
  script: new URL('./unblock.lua', import.meta.url),
  keys: (keys, { uid, peer }: Pair) => [keys.blocks(uid), keys.blockedBy(peer), keys.feed(), keys.journal()],
  args: ({ uid, peer }) => [uid, peer],
  decode: () => undefined,
});
