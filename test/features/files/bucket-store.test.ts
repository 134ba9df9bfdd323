import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { FileId } from '../../../src/domain/files.ts';
import { DEFAULT_SPACE, type SpaceName } from '../../../src/domain/spaces.ts';
import { BucketStore } from '../../../src/features/files/bucket-store.ts';
import { startBucket } from '../../helpers/bucket.ts';
import { upload } from '../../helpers/files.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService } from '../../helpers/service.ts';

/** Files in a bucket, of a server that speaks the protocol of S3. */

let bucket: Awaited<ReturnType<typeof startBucket>>;
let redis: TestRedis;
let service: Service;
let store: BucketStore;
before(async () => {
  bucket = await startBucket();
  redis = await startRedis();
  service = await startService(redis, { files: bucket.place });
  await service.people('alice', 'bob');
  store = new BucketStore(bucket.place);
});
after(async () => {
  await service?.close();
  await redis?.stop();
  await bucket?.stop();
});

/** The keys of all objects. (This server can't take back the parts of an upload, which is none of them.) */
async function stored(): Promise<string[]> {
  const names = await readdir(bucket.folder, { recursive: true, withFileTypes: true });
  return names
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => `${parentPath.slice(bucket.folder.length + 1)}/${name}`)
    .filter((name) => !/metadata\.json|\.md5$|^\._S3rver_uploads/.test(name))
    .map((name) => name.replace(/\._S3rver_object$/, ''));
}

const place = (space: string, digit: string) => ({ space: space as SpaceName, id: digit.repeat(32) as FileId });

test('a file goes to the bucket, in parts where it is large, and is read from there in parts', async () => {
  const bytes = randomBytes(12 * 1024 * 1024);
  const { status, body } = await upload(service, 'alice', bytes, { credential: API_KEY });
  assert.equal(status, 201, JSON.stringify(body));
  assert.deepEqual(await stored(), [`im/default/${body.id}`]);
  const attachments = [{ file: body.id, name: 'large' }];
  await service.server.post('/v1/users/alice/conversations/user:bob/messages', { attachments }).expect(201);
  const headers = { authorization: `Bearer ${API_KEY}` };
  const url = `${service.url}/v1/users/bob/files/${body.id}`;
  const whole = await fetch(url, { headers });
  assert.equal(Buffer.compare(Buffer.from(await whole.arrayBuffer()), bytes), 0);
  const part = await fetch(url, { headers: { ...headers, range: 'bytes=6000000-6000999' } });
  assert.equal(part.status, 206);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), bytes.subarray(6_000_000, 6_001_000));
  await store.remove({ space: DEFAULT_SPACE, id: body.id as FileId });
  assert.deepEqual(await stored(), []);
  // The bytes alone are gone: it is told as no such file, and not as a fault.
  assert.equal((await fetch(url, { headers })).status, 404);
});

test('a file whose stream fails leaves nothing, whether it is small or was sent in parts', async () => {
  for (const mebibytes of [1, 12]) {
    async function* failing() {
      for (let i = 0; i < mebibytes; i++) yield Buffer.alloc(1024 * 1024);
      throw new Error('cut off');
    }
    await assert.rejects(store.write(place('', 'a'), Readable.from(failing())), /cut off/);
    assert.deepEqual(await stored(), []);
  }
});

test('each space has a place of its own, and goes with all its files', async () => {
  const write = (space: string, digit: string) => store.write(place(space, digit), Readable.from([Buffer.from('x')]));
  for (const [space, digit] of [
    ['', '1'],
    ['acme', '2'],
    ['acme', '3'],
    ['acme-2', '4'],
  ] as const)
    await write(space, digit);
  await store.removeSpace('acme' as SpaceName);
  await store.removeSpace('acme' as SpaceName);
  assert.deepEqual((await stored()).sort(), [`im/acme-2/${'4'.repeat(32)}`, `im/default/${'1'.repeat(32)}`]);
  assert.equal(String(await buffer(await store.read(place('', '1'), { start: 0, end: 0 }))), 'x');
  await assert.rejects(store.read(place('acme', '2'), { start: 0, end: 0 }), { code: 'ENOENT' });
  for (const one of [place('', '1'), place('acme-2', '4'), place('', '1')]) await store.remove(one);
});

test('a bucket that does not answer is told as such, and leaves no file', async () => {
  const elsewhere = await startService(redis, { files: { ...bucket.place, endpoint: 'http://127.0.0.1:9' } });
  try {
    await elsewhere.people('alice');
    const { status, body } = await upload(elsewhere, 'alice', 'some bytes', { credential: API_KEY });
    assert.deepEqual([status, body.code], [503, 'unavailable']);
    // Whether the bytes are there can't be known: the janitor will look.
    assert.equal(await elsewhere.redis.zcard(elsewhere.keys.files()), 1);
  } finally {
    await elsewhere.close();
  }
});
