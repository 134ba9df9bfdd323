import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DEFAULT_SPACE, type SpaceName } from '../../domain/spaces.ts';
import type { FilePart, FilePlace, FileStore } from './file-store.ts';

/** The folder of the default space: no space is called so. */
const OF_DEFAULT = 'default';

/**
 * Files in a folder, `<space>/<two digits of the id>/<id>`. One that comes is written beside, as `<id>.part`, and gets its name
 * once the disk has all of it.
 */
export class FolderStore implements FileStore {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async write(place: FilePlace, body: Readable): Promise<void> {
    const path = this.#path(place);
    const part = `${path}.part`;
    try {
      await mkdir(dirname(path), { recursive: true });
      // `flush`: what is answered is on the disk, so that a full one is told now.
      await pipeline(body, createWriteStream(part, { flags: 'wx', mode: 0o600, flush: true }));
      await rename(part, path);
    } catch (error) {
      body.destroy();
      await rm(part, { force: true });
      throw error;
    }
  }

  async read(place: FilePlace, { start, end }: FilePart): Promise<Readable> {
    const file = await open(this.#path(place));
    return file.createReadStream({ start, end });
  }

  async remove(place: FilePlace): Promise<void> {
    const path = this.#path(place);
    // A node that ended in the middle of an upload has left its part.
    for (const one of [path, `${path}.part`]) await rm(one, { force: true });
  }

  async removeSpace(space: SpaceName): Promise<void> {
    await rm(this.#folder(space), { recursive: true, force: true });
  }

  #folder(space: SpaceName): string {
    return join(this.#root, space === DEFAULT_SPACE ? OF_DEFAULT : space);
  }

  #path({ space, id }: FilePlace): string {
    return join(this.#folder(space), id.slice(0, 2), id);
  }
}
