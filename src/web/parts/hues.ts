/** How many hues there are. Next to each other they can still be told apart. */
const HUES = 18;

/**
 * The hue of a person or a group, in degrees: the same wherever they are shown. In `oklch()` all hues are equally light, so white
 * letters can be read on `oklch(var(--avatar-tone) <hue>)`, and `oklch(var(--name-tone) <hue>)` on a bubble.
 */
export function hueOf(id: string): number {
  return ((hashOf(id) >>> 8) % HUES) * (360 / HUES);
}

/** Whether its picture has the deep tone, `--avatar-tone-deep`: of two in one hue one may be lighter than the other. */
export function isDeep(id: string): boolean {
  return (hashOf(id) & 1) === 1;
}

/** FNV-1a: ids that differ in one letter get hues that are far apart. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return hash;
}
