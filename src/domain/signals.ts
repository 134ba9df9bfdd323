import type { Uid } from './names.ts';
import { reactionsFrom } from './shown-messages.ts';
import type { MessageId } from './stream-ids.ts';

/** The most members of a group in which others are told who has read what, and who is typing. As in lua/signals.lua. */
export const RECEIPTS_MAX = 100;

/** What a signal says, without the conversation that it is about. */
export interface Signals {
  /** Somebody has read the conversation up to a message, perhaps on another device of one's own. */
  read: { uid: Uid; upTo: MessageId };
  /** Somebody is typing; unless it is said again, no longer than until then. */
  typing: { uid: Uid; until: string };
  /** Somebody came, or went. */
  presence: { uid: Uid; online: boolean; lastSeenAt?: string };
  /** A reaction was added to a message, or taken away; `reactions` is how many there are of each now. */
  reaction: {
    target: MessageId;
    uid: Uid;
    reaction: string;
    added: boolean;
    reactions: { reaction: string; count: number }[];
  };
  /** One's own settings of the conversation, as they are now. */
  conversation: Record<string, unknown>;
}

export type SignalKind = keyof Signals;

type Decoder<Kind extends SignalKind> = (data: Readonly<Record<string, string | undefined>>) => Signals[Kind];

/**
 * From what scripts give `signal` (lua/signals.lua), all text:
 * - read: `uid`, `upTo`
 * - typing: `uid`, `until` (ms)
 * - presence: `uid`; how it is with that user each node looks up, for those who may know
 * - reaction: `target`, `uid`, `reaction`, `added` (1 or 0), `reactions` (`<reaction> <count> …`, as `ms:` has it)
 * - conversation: `settings` (JSON, as `cs:` has it)
 */
const DECODERS: { [Kind in Exclude<SignalKind, 'presence'>]: Decoder<Kind> } = {
  read: ({ uid, upTo }) => ({ uid: uid as Uid, upTo: upTo as MessageId }),
  typing: ({ uid, until }) => ({ uid: uid as Uid, until: timeOf(until) }),
  reaction: ({ target, uid, reaction, added, reactions }) => ({
    target: target as MessageId,
    uid: uid as Uid,
    reaction: reaction ?? '',
    added: added === '1',
    reactions: reactionsFrom(reactions ?? ''),
  }),
  conversation: ({ settings }) => {
    const { mutedUntil, ...others } = JSON.parse(settings ?? '{}') as Record<string, unknown>;
    return { ...(mutedUntil === undefined ? {} : { mutedUntil: timeOf(String(mutedUntil)) }), ...others };
  },
};

/** What a signal says; undefined for one of a kind that this version does not know, or that somebody has made up. */
export function decodeSignal(kind: string, data: Readonly<Record<string, string | undefined>>): object | undefined {
  if (!Object.hasOwn(DECODERS, kind)) return undefined;
  try {
    return DECODERS[kind as keyof typeof DECODERS](data);
  } catch {
    return undefined;
  }
}

function timeOf(ms: string | undefined): string {
  return new Date(Number(ms)).toISOString();
}
