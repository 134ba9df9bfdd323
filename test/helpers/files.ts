import { readdir } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import type { Service } from './service.ts';

/** What an upload answers. */
export interface Uploaded {
  id: string;
  type: string;
  size: number;
  width?: number;
  height?: number;
}

/** Uploads bytes in the name of a user; by a server key, or the credential given. */
export async function upload(
  service: Pick<Service, 'url'>,
  uid: string,
  body: Uint8Array | string,
  { type, credential }: { type?: string; credential: string },
): Promise<{ status: number; body: Uploaded & { code?: string } }> {
  const headers = { authorization: `Bearer ${credential}`, ...(type === undefined ? {} : { 'content-type': type }) };
  const answer = await fetch(`${service.url}/v1/users/${uid}/files`, {
    method: 'POST',
    headers,
    // As bytes: of a text fetch would say what it is.
    body: Buffer.from(body as string),
  });
  return { status: answer.status, body: (await answer.json()) as Uploaded & { code?: string } };
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A picture of one colour, which every reader of PNG takes. */
export function png(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** No picture, but the headers of one: its size, and how the camera was held (6: upright). */
export function jpeg(width: number, height: number, orientation?: number): Buffer {
  const start = Buffer.from('ffd8', 'hex');
  const tiff = Buffer.from('45786966000049492a00080000000100120103000100000000000000', 'hex');
  tiff.writeUInt16LE(orientation ?? 1, 24);
  const exif = Buffer.concat([Buffer.from('ffe1', 'hex'), lengthOf(tiff), tiff]);
  const frame = Buffer.from('08000000000301220002110103110100', 'hex').subarray(0, 15);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  return Buffer.concat([start, exif, Buffer.from('ffc0', 'hex'), lengthOf(frame), frame, Buffer.from('ffd9', 'hex')]);
}

function lengthOf(segment: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(segment.length + 2);
  return length;
}

/** The names of all files in a folder, those that are on their way included. */
export async function storedIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found.filter((one) => one.isFile()).map(({ name }) => name);
}

/** All that a service keeps of files, in Redis and of their bytes, to see that nothing has come or stayed. */
export async function allOfFiles({ redis, keys, config }: Service): Promise<string[]> {
  const known = (await redis.keys(`${keys.prefix}f[im]:*`)).map((key) => key.slice(keys.prefix.length));
  const pending = (await redis.keys(`${keys.prefix}fp:*`)).map(async (key) => redis.hkeys(key));
  const listed = await redis.zrange(keys.files(), '0', '-1');
  const stored = config.files?.kind === 'folder' ? await storedIn(config.files.path) : [];
  return [...known, ...(await Promise.all(pending)).flat(), ...listed, ...stored].sort();
}
