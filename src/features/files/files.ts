import { randomBytes } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { ImError } from '../../domain/errors.ts';
import type { FileId, FileInfo } from '../../domain/files.ts';
import type { Uid } from '../../domain/names.ts';
import { refuse } from '../../domain/refusals.ts';
import type { Logger } from '../../redis/logger.ts';
import type { Store } from '../../redis/store.ts';
import * as commands from './commands.ts';
import type { FilePart, FileStore } from './file-store.ts';
import { HEAD_BYTES, sniff } from './sniff.ts';

export interface FilesOptions {
  store: Store;
  /** Absent where there are no files. */
  bytes: FileStore | undefined;
  log: Logger;
  /** Bytes that a file may have. */
  maxBytes: number;
  /** Bytes of files that a user may have that no message carries. */
  maxPendingBytes: number;
}

/** A file that comes. */
export interface IncomingFile {
  body: Readable;
  /** How long it is said to be, bytes. */
  length: number | undefined;
  /** Which type it is said to be. */
  type: string | undefined;
}

/** How many files a user may have that no message carries. */
const MAX_PENDING_FILES = 1_000;

/** What a disk, or its quota, says that has no room. */
const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The files of a space: taking and reading them. Which message carries one is the business of the scripts. */
export class Files {
  readonly #of: FilesOptions;

  constructor(options: FilesOptions) {
    this.#of = options;
  }

  /**
   * Takes a file while it comes. It is noted before its first byte and can be used once all of it is stored; if anything goes
   * wrong nothing is left of it, or the janitor takes it. `files_off`, `body_too_large`, `invalid_request` for one that is
   * empty or was cut off, `user_not_found`, `too_many_pending_files`, `storage_full`, `unavailable`.
   */
  async upload(uid: Uid, { body, length, type }: IncomingFile): Promise<FileInfo> {
    const { store, maxBytes, maxPendingBytes } = this.#of;
    const bytes = this.#bytes();
    if (length === 0) throw empty();
    if (length !== undefined && length > maxBytes) throw tooLarge(maxBytes);
    const id = randomBytes(16).toString('hex') as FileId;
    // Of one that does not say how long it is, as many bytes as it may have are counted until it is known.
    await store.run(commands.beginUpload, {
      uid,
      id,
      bytes: length ?? Math.min(maxBytes, maxPendingBytes),
      bytesAllowed: maxPendingBytes,
      filesAllowed: MAX_PENDING_FILES,
    });
    const place = { space: store.keys.space, id };
    try {
      const meter = meterOf(body, maxBytes);
      await bytes.write(place, meter).catch((error: unknown) => {
        throw asStorageError(error);
      });
      if (meter.bytes === 0) throw empty();
      const file: FileInfo = { id, size: meter.bytes, ...(await sniff(meter.head, type)) };
      await store.run(commands.finishUpload, { uid, ...file });
      return file;
    } catch (error) {
      await this.#discard(uid, id);
      throw error;
    }
  }

  /** What is known of a file, for who may read it, and what it is called. `file_not_found`. */
  get(reader: Uid, id: FileId): Promise<FileInfo & { name: string | undefined }> {
    this.#bytes();
    return this.#of.store.run(commands.readFile, { reader, id });
  }

  /** The bytes of a part of a file. `file_not_found` where they are gone. */
  async read(id: FileId, part: FilePart): Promise<Readable> {
    try {
      return await this.#bytes().read({ space: this.#of.store.keys.space, id }, part);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') refuse('file_not_found', id);
      throw unavailable(cause);
    }
  }

  #bytes(): FileStore {
    const { bytes } = this.#of;
    if (bytes) return bytes;
    throw new ImError(
      'files_off',
      'There is no place for files here: set FILES, for example to s3://bucket or a folder.',
    );
  }

  /** What fails here is found by the janitor. */
  async #discard(uid: Uid, id: FileId): Promise<void> {
    const { store, log } = this.#of;
    try {
      await this.#bytes().remove({ space: store.keys.space, id });
      await store.run(commands.discardUpload, { uid, id });
    } catch (error) {
      log.warn({ err: error, file: id }, 'an upload that has failed could not be removed; the janitor will');
    }
  }
}

/** Counts what passes, keeps its beginning, and fails where it is too much. */
class Meter extends Transform {
  bytes = 0;
  readonly #maxBytes: number;
  readonly #head: Buffer[] = [];

  constructor(maxBytes: number) {
    super();
    this.#maxBytes = maxBytes;
  }

  get head(): Buffer {
    return Buffer.concat(this.#head);
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: Error | null, chunk?: Buffer) => void): void {
    if (this.bytes < HEAD_BYTES) this.#head.push(chunk.subarray(0, HEAD_BYTES - this.bytes));
    this.bytes += chunk.length;
    if (this.bytes > this.#maxBytes) done(tooLarge(this.#maxBytes));
    else done(null, chunk);
  }
}

/**
 * What comes of a request, metered. It fails where the client stops in the middle; and where it is failed itself, the rest of the
 * request is thrown away and not the connection, so that the client can be told.
 */
function meterOf(body: Readable, maxBytes: number): Meter {
  const meter = new Meter(maxBytes);
  const cut = () => {
    if (!body.readableEnded)
      meter.destroy(new ImError('invalid_request', 'The file was cut off on its way: send it again.'));
  };
  // Who stops before anybody reads from it is told of once somebody does; an error that nobody hears would end the node.
  meter.on('error', () => {});
  body.once('error', cut);
  body.once('close', cut);
  meter.once('close', () => {
    body.unpipe(meter);
    body.resume();
  });
  if (body.destroyed) cut();
  else body.pipe(meter);
  return meter;
}

function empty(): ImError {
  return new ImError('invalid_request', 'The body is the file, and it is empty: send its bytes.');
}

function tooLarge(maxBytes: number): ImError {
  return new ImError('body_too_large', `A file may have ${maxBytes} bytes here: send a smaller one.`);
}

function unavailable(cause: unknown): ImError {
  return new ImError('unavailable', 'The place of the files does not answer right now; try again.', {
    retryAfter: 1,
    cause,
  });
}

/** What a caller is told where the place of the files has failed. */
function asStorageError(error: unknown): ImError {
  if (error instanceof ImError) return error;
  if (!FULL.has((error as NodeJS.ErrnoException).code)) return unavailable(error);
  return new ImError('storage_full', 'There is no room for the file; nothing was stored, try again later.', {
    retryAfter: 60,
    cause: error,
  });
}
