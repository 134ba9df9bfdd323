import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './redis.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** A change of one file of `src/`: `from` has to occur in it exactly once. */
export interface Patch {
  file: string;
  from: string;
  to: string;
}

/** A copy of parts of the project in a folder of its own, with the dependencies of the original. */
export interface ProjectCopy {
  readonly dir: string;
  remove(): void;
}

/**
 * Copies `src/` and other parts of the project, so that a run is not disturbed by whoever edits the original; with
 * patches, a copy that is broken on purpose. Without the page, which is built by tools of its own.
 * @param others files and folders beside `src/`
 * @throws Error that names the patch, if its `from` does not occur exactly once
 */
export function copyProject(others: readonly string[], patches: readonly Patch[] = []): ProjectCopy {
  for (const patch of patches) {
    const complaint = complaintOf(patch);
    if (complaint) throw new Error(complaint);
  }
  const dir = mkdtempSync(join(tmpdir(), 'redisim-copy-'));
  const erase = () => rmSync(dir, { recursive: true, force: true });
  const forget = atExit(erase);
  const skipped = [join(ROOT, 'src/web'), join(ROOT, 'test/e2e')];
  for (const part of ['src', ...others]) {
    cpSync(join(ROOT, part), join(dir, part), { recursive: true, filter: (path) => !skipped.includes(path) });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  for (const { file, from, to } of patches) {
    const path = join(dir, 'src', file);
    writeFileSync(path, readFileSync(path, 'utf8').split(from).join(to));
  }
  return {
    dir,
    remove: () => {
      erase();
      forget();
    },
  };
}

/** What is wrong with a patch; undefined if it can be applied. */
export function complaintOf({ file, from }: Patch): string | undefined {
  const count = readFileSync(join(ROOT, 'src', file), 'utf8').split(from).length - 1;
  return count === 1 ? undefined : `src/${file} has ${count} times, not once: ${from}`;
}
