import type { SpaceName } from '../../domain/spaces.ts';
import { command } from '../../redis/command.ts';

interface Writing {
  name: SpaceName;
  /** As it was read, and as it is to be; `''` is none. */
  before: string;
  after: string;
  /** Whose tokens are its users', before and after; `''` is nobody's. */
  issuerBefore: string;
  issuerAfter: string;
}

/** Writes what is set up for a space. False if somebody else has changed it since it was read. Refuses `issuer_taken`. */
export const writeSpace = command({
  script: new URL('./write_space.lua', import.meta.url),
  keys: (keys, _: Writing) => [keys.spaces(), keys.spaceNames(), keys.issuers(), keys.feed()],
  args: ({ name, before, after, issuerBefore, issuerAfter }) => [name, before, after, issuerBefore, issuerAfter],
  decode: (outcome: string) => outcome === 'written',
});

/** Makes a space where scripts find it. False while a former one of the name is being removed. */
export const openSpace = command({
  script: new URL('./open_space.lua', import.meta.url),
  keys: (keys, { name }: { name: SpaceName; maxUsers: number | undefined; paused: boolean }) => [keys.of(name).meta()],
  args: ({ maxUsers, paused }) => [maxUsers ?? '', paused ? '1' : ''],
  decode: (outcome: string) => outcome === 'opened',
});

/** What a space's keys are taken by: a removal, or a move that has a mark of its own. */
interface Taking {
  name: SpaceName;
  mark: string;
}

/** What a removal marks a space's keys with. */
export const REMOVED = '1';

/** Ends a space for scripts, at one partition. @param isLeft whether only keys are meant that this move has left */
export const closeSpace = command({
  script: new URL('./close_space.lua', import.meta.url),
  keys: (keys, { name }: Taking & { isLeft: boolean }) => [keys.of(name).meta()],
  args: ({ mark, isLeft }) => [mark, isLeft ? '1' : ''],
  decode: () => undefined,
});

/** Takes some keys of a space. False if they are not being taken (any more): then nothing was. */
export const sweepSpace = command({
  script: new URL('./sweep_space.lua', import.meta.url),
  keys: (keys, { name, found }: Taking & { found: readonly string[] }) => [keys.of(name).meta(), ...found],
  args: ({ mark }) => [mark],
  decode: (isRemoving: number) => isRemoving === 1,
});

export const endSpace = command({
  script: new URL('./end_space.lua', import.meta.url),
  keys: (keys, { name }: Taking) => [keys.of(name).meta(), keys.unfinished(), keys.webhookSpaces(), keys.pushSpaces()],
  args: ({ name, mark }) => [name, mark],
  decode: () => undefined,
});

/** Notes the epoch of a space that was removed, so that a later one of its name begins beyond it. */
export const noteRemoved = command({
  script: new URL('./note_removed.lua', import.meta.url),
  keys: () => [],
  args: (epoch: string) => [epoch],
  decode: () => undefined,
});

/** Keys of a space are about to be left: they are marked with the move that leaves them. */
export const leaveSpace = command({
  script: new URL('./leave_space.lua', import.meta.url),
  keys: (keys, { name }: Taking) => [keys.of(name).meta()],
  args: ({ mark }) => [mark],
  decode: () => undefined,
});

/** Makes room for a space that is moved to a partition. False if it is there already. */
export const receiveSpace = command({
  script: new URL('./receive_space.lua', import.meta.url),
  keys: (keys, { name }: Taking) => [keys.of(name).meta()],
  args: ({ mark }) => [mark],
  decode: (outcome: string) => outcome === 'ready',
});

/** A space that was restored begins at this place. */
export const settleSpace = command({
  script: new URL('./settle_space.lua', import.meta.url),
  keys: (keys, { name }: { name: SpaceName; isBackup: boolean }) => [
    keys.of(name).meta(),
    keys.of(name).removals(),
    keys.of(name).channelRemovals(),
    keys.unfinished(),
    keys.of(name).webhooks(),
    keys.webhookSpaces(),
    keys.of(name).usersWithDevices(),
    keys.pushSpaces(),
  ],
  args: ({ name, isBackup }) => [name, isBackup ? '1' : ''],
  decode: () => undefined,
});
