import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockFolder } from '../../../src/redis/embedded/folder-lock.ts';

test('of many that come together never two win, and none fails', async () => {
  for (let round = 0; round < 8; round++) {
    const folder = mkdtempSync(join(tmpdir(), 'redisim-lock-'));
    const locks = (await Promise.all(Array.from({ length: 4 }, () => lockFolder(folder)))).filter((lock) => lock);
    assert.ok(locks.length <= 1, `${locks.length} have it`);
    const holder = locks[0] ?? (await lockFolder(folder));
    assert.ok(holder);
    assert.equal(await lockFolder(folder), undefined);
    await holder.release();
    assert.deepEqual(readdirSync(folder), []);
    rmSync(folder, { recursive: true });
  }
});
