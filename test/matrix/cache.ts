import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Outside the checkout: every checkout on the machine shares what was downloaded. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'redisim');

/**
 * A folder of the cache, filled by `fill` if it is not there yet.
 * It appears under its name only when it is complete, so an interrupted run leaves no half of one.
 * @param fill gets a folder to fill, and the path that it will have
 * @returns that path, which is absolute
 */
export function cachedFolder(name: string, fill: (folder: string, path: string) => void): string {
  const path = join(CACHE, name);
  if (existsSync(path)) return path;
  const folder = `${path}.${process.pid}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    fill(folder, path);
    // Another run may have been faster; its folder is as good.
    if (!existsSync(path)) renameSync(folder, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}
