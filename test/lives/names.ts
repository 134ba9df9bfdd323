import fc from 'fast-check';

/** Few names, so that lives cross. */
export const UIDS = ['ann', 'bob', 'cy', 'dee'];
export const GIDS = ['team', 'club'];

export const anyUid = fc.constantFrom(...UIDS);
export const anyGid = fc.constantFrom(...GIDS);
/** The server now and then. */
export const anyActor = fc.constantFrom(...UIDS, ...UIDS, '');
export const anyConversation = fc.constantFrom(
  ...UIDS.map((uid) => `user:${uid}`),
  ...GIDS.flatMap((gid) => [`group:${gid}`, `group:${gid}`, `group:${gid}`]),
);
export const anyFields = fc.constantFrom<Record<string, string>>(
  { text: 'one' },
  { text: 'two' },
  { text: 'two', more: 'x' },
);
/** Which entry of a conversation, from the newest back. */
export const back = fc.nat(9);
/** A time far away, or none: lives are short. */
export const anyUntil = fc.constantFrom('2099-01-01T00:00:00.000Z', '2099-06-01T00:00:00.000Z', '');
