import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILE_NAME_PATTERN, MAX_FILE_NAME } from '../../src/domain/files.ts';
import { fileName, isPicture } from '../../src/web/store/attachments.ts';
import { Pictures } from '../../src/web/store/pictures.ts';

test('whatever a file is called here, the service takes its name', () => {
  for (const [name, sent] of [
    ['holiday.jpg', 'holiday.jpg'],
    ['照片 🍵.png', '照片 🍵.png'],
    ['a/b\\c\n.txt', 'a_b_c_.txt'],
    ['gpj.\u202eexe', 'gpj._exe'],
    ['..', 'file'],
    ['', 'file'],
  ] as const) {
    assert.equal(fileName(name), sent);
  }
  const long = fileName(`${'🍵'.repeat(400)}.jpeg`);
  for (const name of [long, fileName('\u0000'), fileName('...')])
    assert.match(name, new RegExp(FILE_NAME_PATTERN, 'u'));
  assert.ok(long.endsWith('.jpeg') && [...long].length <= MAX_FILE_NAME);
});

test('only what a browser shows, with its size, is a picture', () => {
  const file = { file: '0', name: 'a', size: 1 };
  assert.ok(isPicture({ ...file, type: 'image/png', width: 1, height: 1 }));
  assert.ok(!isPicture({ ...file, type: 'image/png' }));
  assert.ok(!isPicture({ ...file, type: 'image/svg+xml', width: 1, height: 1 }));
});

test('pictures are read once while they are shown, and the latest stay for a while', async () => {
  const reads: string[] = [];
  const pictures = new Pictures(async (id) => {
    reads.push(id);
    return new Blob(['x'.repeat(60)]);
  }, 100);
  const isThere = async (url: string) =>
    fetch(url).then(
      () => true,
      () => false,
    );
  const [a, again, b] = [pictures.show('a'), pictures.show('a'), pictures.show('b')];
  const [first, second] = await Promise.all([a.url, b.url]);
  assert.equal(await again.url, first);
  a.release();
  b.release();
  // Twice released is once.
  a.release();
  assert.deepEqual([await isThere(first), await isThere(second)], [true, true]);
  const c = pictures.show('c');
  await c.url;
  c.release();
  assert.deepEqual(
    [await isThere(first), await isThere(second)],
    [true, false],
    'one is shown, the other was the first to go',
  );
  again.release();
  assert.equal(await isThere(first), true, 'shown after c was');
  assert.equal(await isThere(await c.url), false);
  await pictures.show('b').url;
  assert.deepEqual(reads, ['a', 'b', 'c', 'b']);
  pictures.close();
});

test('a picture that could not be read is read anew the next time; one that is here already is not read', async () => {
  let isDown = true;
  const pictures = new Pictures(async () => {
    if (isDown) throw new Error('down');
    return new Blob(['x']);
  });
  await assert.rejects(pictures.show('a').url, /down/);
  isDown = false;
  assert.match(await pictures.show('a').url, /^blob:/);
  isDown = true;
  pictures.keep('b', new Blob(['y']));
  assert.match(await pictures.show('b').url, /^blob:/);
  pictures.close();
});
