import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { loadConfigOfCommand } from '../config/config.ts';
import { isSpaceName, type SpaceName } from '../domain/spaces.ts';
import { Moves } from '../features/spaces/moves.ts';
import { type CopyLine, copyOf, isEnd, restoreCopy } from '../features/spaces/space-copy.ts';
import { Spaces } from '../features/spaces/spaces.ts';
import { withStore } from '../redis/session.ts';

const USAGE = `use "move <space> <partition, file or redis://…>", "move <file>", "restore <file>" or "resume <space>"`;

/**
 * `redisim move <space> <partition>`: brings a space to another partition of the cluster, where it goes on.
 * `redisim move <space> <file|url>`: pauses a space, and brings it there. It stays paused here. `redisim move <file>` makes
 * it out of the file, and its cursors go on.
 *
 * @throws Error that says what to change
 */
export async function move(what = '', to?: string, ...more: string[]): Promise<void> {
  if (more.length > 0 || what === '') throw new Error(USAGE);
  if (to === undefined) return fromFile(what, false);
  if (!isSpaceName(what)) throw new Error(`"${what}" is not the name of a space; ${USAGE}`);
  const config = loadConfigOfCommand();
  if (isPartition(to)) return toPartition(what, to);
  const isUrl = /^(rediss?|unix):\/\//.test(to);
  const count = await withStore(config, async (store) => {
    const spaces = new Spaces(store);
    await spaces.pause(what, true);
    try {
      if (!isUrl) return await intoFile(copyOf(store, what), to);
      const there = { ...config, redisUrl: to };
      return await withStore(there, async (other) => (await restoreCopy(other, copyOf(store, what), false)).keys);
    } catch (error) {
      await spaces.pause(what, false);
      throw error;
    }
  });
  process.stdout.write(
    `${count} keys of "${what}" are in ${isUrl ? 'the other Redis' : to}. Here it stays paused: remove it with DELETE ` +
      `/v1/spaces/${what}, or go on with "redisim resume ${what}"\n`,
  );
}

/** `redisim restore <file>`: makes a space out of a backup, after which it has gone on: its clients are told a gap. */
export async function restore(file = '', ...more: string[]): Promise<void> {
  if (more.length > 0 || file === '') throw new Error(USAGE);
  await fromFile(file, true);
}

/** `redisim resume <space>`: a space that was paused takes requests again. */
export async function resume(space = '', ...more: string[]): Promise<void> {
  if (more.length > 0 || !isSpaceName(space)) throw new Error(USAGE);
  await withStore(loadConfigOfCommand(), (store) => new Spaces(store).pause(space as SpaceName, false));
  process.stdout.write(`"${space}" goes on\n`);
}

/** What is no partition's name is a file, which can also be written as ./q7. */
function isPartition(to: string): boolean {
  return /^(im|q\d+)$/.test(to);
}

async function toPartition(space: SpaceName, to: string): Promise<void> {
  await withStore(loadConfigOfCommand(), async (store) => {
    const names = store.partitions.map(({ partition }) => partition);
    if (!names.includes(to)) {
      const there =
        names.length > 1 ? `the partitions are ${names.join(', ')}` : 'only a cluster with spaces has partitions';
      throw new Error(`there is no partition "${to}": ${there}; a file of this name is ./${to}`);
    }
    const count = await new Moves(store).move(space, to);
    process.stdout.write(`${count} keys of "${space}" are in the partition ${to}, where it goes on\n`);
  });
}

async function fromFile(file: string, isBackup: boolean): Promise<void> {
  const { space, keys } = await withStore(loadConfigOfCommand(), (store) =>
    restoreCopy(store, linesOf(file), isBackup),
  );
  process.stdout.write(`${keys} keys are back: "${space}" goes on here\n`);
}

/** A file is there whole, or not at all. It has the space's secrets: nobody else may read it. */
async function intoFile(lines: AsyncIterable<CopyLine>, file: string): Promise<number> {
  const draft = `${file}.part`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    let count = 0;
    for await (const line of lines) {
      await handle.write(`${JSON.stringify(line)}\n`);
      if (isEnd(line)) count = line.keys;
    }
    await handle.sync();
    await handle.close();
    await rename(draft, file);
    return count;
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}

async function* linesOf(file: string): AsyncGenerator<CopyLine> {
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    try {
      yield JSON.parse(line) as CopyLine;
    } catch {
      throw new Error(`${file} is no copy of a space, or was cut off`);
    }
  }
}
