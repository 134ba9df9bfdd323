import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { storedIn } from '../helpers/files.ts';
import type { Endpoint } from './requests.ts';

/** What came of an upload; `status` 0 where there was no answer. */
export interface Uploaded {
  uid: string;
  status: number;
  /** The file's id, or why there is none. */
  id?: string;
  code?: string;
  bytes: Buffer;
}

/** An upload of which so many bytes are sent, and no more: then the connection stays as it is, or is broken. */
export interface Upload {
  uid: string;
  bytes: Buffer;
  /** How many bytes are sent; all, where it is absent. */
  upTo?: number;
  /** What happens then: `stop` breaks the connection, `stay` leaves it. */
  after?: 'stop' | 'stay';
}

/** Uploads a file, or a part of one; never throws. */
export function upload({ url, key }: Endpoint, { uid, bytes, upTo, after }: Upload): Promise<Uploaded> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${key}`, 'content-length': bytes.length };
    const sent = request(`${url}/v1/users/${uid}/files`, { method: 'POST', agent: false, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', () => resolve({ uid, status: 0, bytes }));
      response.on('end', () =>
        resolve({ uid, status: response.statusCode!, ...(JSON.parse(text) as { id?: string }), bytes }),
      );
    });
    sent.on('error', () => resolve({ uid, status: 0, bytes }));
    if (upTo === undefined) return void sent.end(bytes);
    sent.write(bytes.subarray(0, upTo), () => {
      if (after === 'stop') sent.socket!.resetAndDestroy();
    });
  });
}

/** What is wrong about what is kept of files: these are stored whole, count as pending, and nothing else does or is there. */
export async function wrongWith(folder: string, admin: Redis, stored: readonly Uploaded[]): Promise<string[]> {
  const wrong: string[] = [];
  const same = (what: string, has: readonly string[], wants: readonly string[]) => {
    const [surplus, missing] = [has.filter((one) => !wants.includes(one)), wants.filter((one) => !has.includes(one))];
    if (surplus.length + missing.length > 0)
      wrong.push(`${what}: ${surplus.length} too many (${surplus.slice(0, 3)}), ${missing.length} missing`);
  };
  const ids = stored.map(({ id }) => id!);
  same('the folder', await storedIn(folder), ids);
  same(
    'what is known of files',
    await admin.keys('fi:*'),
    ids.map((id) => `fi:${id}`),
  );
  same('what the janitor looks at', await admin.zrange('im:files', '0', '-1'), ids);
  const pending: string[] = [];
  for (const key of await admin.keys('fp:*')) {
    const sizes = Object.entries(await admin.hgetall(key));
    pending.push(...sizes.map(([id, size]) => `${key} ${id} ${size}`));
  }
  same(
    'pending bytes',
    pending,
    stored.map(({ uid, id, bytes }) => `fp:${uid} ${id} ${bytes.length}`),
  );
  for (const { id, bytes } of stored) {
    const path = join(folder, 'default', id!.slice(0, 2), id!);
    if (wrong.length === 0 && !readFileSync(path).equals(bytes)) wrong.push(`${id} is not what was sent`);
  }
  return wrong;
}
