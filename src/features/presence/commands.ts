import { directLog } from '../../domain/conversations.ts';
import type { Uid } from '../../domain/names.ts';
import { command } from '../../redis/command.ts';

/** Which users a node is about. */
interface OnNode {
  /** Names the node; another one after a restart. */
  node: string;
  uids: readonly Uid[];
}

/** Says who has open streams on a node. How many were not there before. */
export const note = command({
  script: new URL('./note.lua', import.meta.url),
  keys: (keys, { uids }: OnNode) => [keys.signals(), ...uids.flatMap((uid) => [keys.user(uid), keys.presence(uid)])],
  args: ({ node, uids }) => [node, ...uids],
  decode: (arrived: number) => arrived,
});

/** Says who has no open stream on a node any more. How many are on no other one. */
export const leave = command({
  script: new URL('./leave.lua', import.meta.url),
  keys: (keys, { uids }: OnNode) => [keys.signals(), ...uids.map((uid) => keys.presence(uid))],
  args: ({ node, uids }) => [node, ...uids],
  decode: (left: number) => left,
});

export interface Question {
  /** `''` is the server, who may know all. */
  asker: Uid | '';
  uid: Uid;
}

/** Who is there, in the order of the questions; undefined where the one who asks may not know, or nobody is of that name. */
export const look = command({
  script: new URL('./look.lua', import.meta.url),
  keys: (keys, questions: readonly Question[]) =>
    questions.flatMap(({ uid }) => [
      keys.user(uid),
      keys.presence(uid),
      keys.contacts(uid),
      keys.read(uid),
      keys.blocks(uid),
    ]),
  args: (questions) => questions.flatMap(({ asker, uid }) => [asker, uid, directLog(asker as Uid, uid)]),
  decode: (replies: string[]) =>
    replies.map((reply) => {
      const [online, seenAt] = reply.split(' ');
      return reply === '' ? undefined : { isOnline: online === '1', seenAtMs: seenAt ? Number(seenAt) : undefined };
    }),
});
