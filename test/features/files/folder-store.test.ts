import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { allOfFiles, upload } from '../../helpers/files.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { API_KEY, type Service, startService } from '../../helpers/service.ts';

/** A disk that is full: a real one, of a mebibyte, where this user may mount one. */

let folder: string;
let isMounted = false;
let redis: TestRedis;
let service: Service;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redisim-full-'));
  isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status === 0;
  redis = await startRedis();
  service = await startService(redis, { files: { kind: 'folder', path: join(folder, 'files') } });
  await service.people('alice', 'bob');
});
after(async () => {
  await service?.close();
  await redis?.stop();
  if (isMounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
});

test('a disk that is full is told as such, leaves nothing of the file, and takes smaller ones', async (t) => {
  if (!isMounted) return t.skip('no file system can be mounted here');
  const as = { credential: API_KEY };
  const before = await allOfFiles(service);
  for (let tries = 0; tries < 3; tries++) {
    const { status, body } = await upload(service, 'alice', Buffer.alloc(4 * 1024 * 1024), as);
    assert.deepEqual([status, body.code], [503, 'storage_full']);
    assert.deepEqual(await allOfFiles(service), before);
  }
  const { status } = await upload(service, 'alice', Buffer.alloc(500_000), as);
  assert.equal(status, 201);
});

test('where there is no place for files they are refused, and everything else works', async () => {
  const without = await startService(redis, { files: undefined });
  try {
    await without.people('alice');
    const { status, body } = await upload(without, 'alice', 'x', { credential: API_KEY });
    assert.deepEqual([status, body.code], [409, 'files_off']);
    await without.server.get(`/v1/users/alice/files/${'0'.repeat(32)}`).expect(409);
    await without.say('alice', 'user:alice', 'hi');
  } finally {
    await without.close();
  }
});
