import assert from 'node:assert/strict';
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

/** Whether a service keeps nothing but what is given of files: neither in Redis nor of their bytes. */
export async function assertFiles(
  service: Service,
  expected: readonly string[],
  stored: readonly string[],
): Promise<void> {
  const { redis, keys } = service;
  assert.deepEqual((await redis.zrange(keys.files(), '0', '-1')).toSorted(), [...expected].sort());
  const known = (await redis.keys(`${keys.prefix}fi:*`)).map((key) => key.slice(-32));
  assert.deepEqual(known.sort(), [...expected].sort());
  assert.deepEqual([...stored].sort(), [...expected].sort());
}
