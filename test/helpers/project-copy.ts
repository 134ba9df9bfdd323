import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from './redis.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** A change of one file of `src/`. */
export interface Patch {
  /** The end of the file's path, as much of it as names one file: so it is found wherever it was moved to. */
  file: string;
  /** It has to occur in the file exactly once. */
  from: string;
  to: string;
}

/** A copy of parts of the project in a folder of its own, with the dependencies of the original. */
export interface ProjectCopy {
  readonly dir: string;
  remove(): void;
}

/** What a copy goes without: the page and the client are built by tools of their own, and tested with a browser. */
const LEFT_OUT = [join(ROOT, 'src/web'), join(ROOT, 'src/client'), join(ROOT, 'test/e2e')];

/**
 * Copies `src/` and other parts of the project, so that a run is not disturbed by whoever edits the original; with
 * patches, a copy that is broken on purpose.
 * @param others files and folders beside `src/`
 * @throws Error that names the patch that can't be applied
 */
export function copyProject(others: readonly string[], patches: readonly Patch[] = []): ProjectCopy {
  for (const patch of patches) {
    const complaint = complaintOf(patch);
    if (complaint) throw new Error(complaint);
  }
  const dir = mkdtempSync(join(tmpdir(), 'redisim-copy-'));
  const erase = () => rmSync(dir, { recursive: true, force: true });
  const forget = atExit(erase);
  for (const part of ['src', ...others]) {
    cpSync(join(ROOT, part), join(dir, part), { recursive: true, filter: (path) => !LEFT_OUT.includes(path) });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  for (const { file, from, to } of patches) {
    const path = join(dir, 'src', filesNamed(file)[0]!);
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
  const files = filesNamed(file);
  if (files.length !== 1) return `${files.length} files of src/ end with /${file}, not one: ${from}`;
  const count = readFileSync(join(ROOT, 'src', files[0]!), 'utf8').split(from).length - 1;
  return count === 1 ? undefined : `src/${files[0]} has ${count} times, not once: ${from}`;
}

/** The files of `src/` whose paths end so. */
function filesNamed(end: string): string[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => !/^(web|client)\//.test(file) && `/${file}`.endsWith(`/${end}`));
}
