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

export const closeSpace = command({
  script: new URL('./close_space.lua', import.meta.url),
  keys: (keys, name: SpaceName) => [keys.of(name).meta()],
  args: () => [],
  decode: () => undefined,
});

/** Takes some keys of a space. False if it is not being removed (any more): then nothing was taken. */
export const sweepSpace = command({
  script: new URL('./sweep_space.lua', import.meta.url),
  keys: (keys, { name, found }: { name: SpaceName; found: readonly string[] }) => [keys.of(name).meta(), ...found],
  args: () => [],
  decode: (isRemoving: number) => isRemoving === 1,
});

export const endSpace = command({
  script: new URL('./end_space.lua', import.meta.url),
  keys: (keys, name: SpaceName) => [keys.of(name).meta(), keys.webhookSpaces()],
  args: (name) => [name],
  decode: () => undefined,
});

/** A space that was restored begins at this place. */
export const settleSpace = command({
  script: new URL('./settle_space.lua', import.meta.url),
  keys: (keys, { name }: { name: SpaceName; isBackup: boolean }) => [
    keys.of(name).meta(),
    keys.of(name).webhooks(),
    keys.webhookSpaces(),
  ],
  args: ({ name, isBackup }) => [isBackup ? '1' : '', name],
  decode: () => undefined,
});
