import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

/** Refuses `user_not_found`. */
export const revoke = command({
  script: new URL('./revoke.lua', import.meta.url),
  keys: (keys, uid: Uid) => [keys.user(uid), keys.revoked(), keys.feed()],
  args: (uid) => [uid],
  decode: () => undefined,
});

/** Refuses `user_not_found`. */
export const suspend = command({
  script: new URL('./suspend.lua', import.meta.url),
  keys: (keys, uid: Uid) => [keys.user(uid), keys.revoked(), keys.suspended(), keys.feed(), keys.journal()],
  args: (uid) => [uid],
  decode: ([outcome, since]: [outcome: string, since: string]) => ({
    created: outcome === 'suspended',
    sinceMs: Number(since),
  }),
});

export const liftSuspension = command({
  script: new URL('./lift_suspension.lua', import.meta.url),
  keys: (keys, _uid: Uid) => [keys.suspended(), keys.feed(), keys.journal()],
  args: (uid) => [uid],
  decode: () => undefined,
});
