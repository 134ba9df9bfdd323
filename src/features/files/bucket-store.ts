import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { BucketPlace } from '../../config/files.ts';
import { DEFAULT_SPACE, type SpaceName } from '../../domain/spaces.ts';
import type { FilePart, FilePlace, FileStore } from './file-store.ts';

/** Bytes of a part of an upload, and how many parts are in memory at once: S3 takes no smaller ones. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 2;
/** How long a connection may take to come about. */
const CONNECT_MS = 5_000;
/** A server that says nothing for so long is given up. */
const SILENCE_MS = 30_000;

/** Files in a bucket of S3, or of what speaks its protocol, as `<prefix><space>/<id>`. The library is loaded when it is first needed. */
export class BucketStore implements FileStore {
  readonly #at: BucketPlace;
  #client: Promise<S3Client> | undefined;

  constructor(at: BucketPlace) {
    this.#at = at;
  }

  async write(place: FilePlace, body: Readable): Promise<void> {
    try {
      const [client, { Upload }] = await Promise.all([this.#s3(), import('@aws-sdk/lib-storage')]);
      const upload = new Upload({
        client,
        params: { Bucket: this.#at.bucket, Key: this.#key(place), Body: body },
        partSize: PART_BYTES,
        queueSize: PARTS_AT_ONCE,
        leavePartsOnError: false,
      });
      await upload.done();
    } catch (error) {
      // Of a server that can't take back the parts it has, the library tells that, and not what has failed.
      const cause = body.errored ?? error;
      body.destroy();
      throw cause;
    }
  }

  async read(place: FilePlace, { start, end }: FilePart): Promise<Readable> {
    const [client, { GetObjectCommand }] = await Promise.all([this.#s3(), import('@aws-sdk/client-s3')]);
    const Range = `bytes=${start}-${end}`;
    const command = new GetObjectCommand({ Bucket: this.#at.bucket, Key: this.#key(place), Range });
    const { Body } = await client.send(command).catch((error: unknown) => {
      throw (error as Error).name === 'NoSuchKey' ? Object.assign(error as Error, { code: 'ENOENT' }) : error;
    });
    return Body instanceof Readable ? Body : Readable.from([]);
  }

  async remove(place: FilePlace): Promise<void> {
    await this.#remove(this.#key(place));
  }

  async removeSpace(space: SpaceName): Promise<void> {
    const [client, { ListObjectsV2Command }] = await Promise.all([this.#s3(), import('@aws-sdk/client-s3')]);
    const Prefix = this.#folder(space);
    for (let isDone = false; !isDone; ) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: this.#at.bucket, Prefix }));
      for (const { Key } of Contents) await this.#remove(Key!);
      isDone = Contents.length === 0;
    }
  }

  async #remove(Key: string): Promise<void> {
    const [client, { DeleteObjectCommand }] = await Promise.all([this.#s3(), import('@aws-sdk/client-s3')]);
    await client.send(new DeleteObjectCommand({ Bucket: this.#at.bucket, Key }));
  }

  #folder(space: SpaceName): string {
    return `${this.#at.prefix}${space === DEFAULT_SPACE ? 'default' : space}/`;
  }

  #key({ space, id }: FilePlace): string {
    return this.#folder(space) + id;
  }

  #s3(): Promise<S3Client> {
    this.#client ??= import('@aws-sdk/client-s3').then(({ S3Client: Client }) => {
      const { endpoint, region } = this.#at;
      return new Client({
        region,
        // A server of one's own has seldom a name for each bucket.
        ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
        requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: SILENCE_MS },
        // Many that speak the protocol do not know the newer checksums.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
    });
    return this.#client;
  }
}
