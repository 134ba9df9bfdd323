import type { Uid } from './names.ts';

/** Who acts: the server's own backend (an API key, may act for anybody), or one user. */
export type Actor = { readonly kind: 'server' } | { readonly kind: 'user'; readonly uid: Uid };

/** The actor as scripts take it: the uid, or `''` for the server. */
export function uidOf(actor: Actor): Uid | '' {
  return actor.kind === 'user' ? actor.uid : '';
}
