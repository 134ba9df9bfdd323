import { join, resolve } from 'node:path';

/** A bucket of S3, or of what speaks its protocol. */
export interface BucketPlace {
  kind: 'bucket';
  bucket: string;
  /** In front of every key; empty, or it ends with a slash. */
  prefix: string;
  /** Absent for S3 itself. */
  endpoint: string | undefined;
  region: string;
}

/** Where the bytes of files are. */
export type FilesPlace = { kind: 'folder'; path: string } | BucketPlace;

const BUCKET = /^s3:/;
const DEFAULT_REGION = 'us-east-1';

/** What FILES says; undefined where there are no files: the bytes must not lie on one node where Redis is shared by several. */
export function filesPlaceOf(files: string, dataDir: string, redisUrl: string): FilesPlace | undefined {
  if (files === 'off' || (files === '' && redisUrl !== '')) return undefined;
  if (!BUCKET.test(files))
    return { kind: 'folder', path: files === '' ? join(resolve(dataDir), 'files') : resolve(files) };
  const { hostname, pathname, searchParams } = new URL(files);
  const path = pathname.replace(/^\/+|\/+$/g, '');
  return {
    kind: 'bucket',
    bucket: hostname,
    prefix: path === '' ? '' : `${path}/`,
    endpoint: searchParams.get('endpoint') ?? undefined,
    region: searchParams.get('region') ?? DEFAULT_REGION,
  };
}

/** Whether FILES can be read: a bucket has a name, and an endpoint that is an address on the web. */
export function isFilesPlace(files: string): boolean {
  // Of another kind than a bucket's it is no path that anybody means.
  if (!BUCKET.test(files)) return !/^[a-z][a-z0-9+.-]*:\/\//i.test(files);
  if (!URL.canParse(files)) return false;
  const { hostname, searchParams, username } = new URL(files);
  const endpoint = searchParams.get('endpoint');
  const isKnown = [...searchParams.keys()].every((name) => name === 'endpoint' || name === 'region');
  return hostname !== '' && username === '' && isKnown && (endpoint === null || /^https?:\/\/[^\s]+$/.test(endpoint));
}
