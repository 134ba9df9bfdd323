import type { Readable } from 'node:stream';
import type { FileId } from '../../domain/files.ts';
import type { SpaceName } from '../../domain/spaces.ts';

/** Which file of which space. */
export interface FilePlace {
  space: SpaceName;
  id: FileId;
}

/** The bytes of a part of a file: from its first one to its last one, both included. */
export interface FilePart {
  start: number;
  end: number;
}

/**
 * Where the bytes of files are. It knows nothing of whose they are and who may read them: that is in Redis. Every space has a
 * place of its own.
 */
export interface FileStore {
  /** Writes a file from a stream; nothing of it is there before all of it is. If the stream fails, so does this, and leaves nothing. */
  write(place: FilePlace, body: Readable): Promise<void>;
  /** @throws an error with the code `ENOENT` if there is no such file */
  read(place: FilePlace, part: FilePart): Promise<Readable>;
  /** One that is not there is removed. */
  remove(place: FilePlace): Promise<void>;
  /** Removes all files of a space. */
  removeSpace(space: SpaceName): Promise<void>;
}
