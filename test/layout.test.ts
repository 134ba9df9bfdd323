import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const SRC = new URL('../src/', import.meta.url).pathname;

/** The floors of the house, from the entry down. A file imports from its own floor or from below it. */
const FLOORS = [
  ['main.ts'],
  ['app.ts'],
  ['http/'],
  ['delivery/'],
  ['im/'],
  ['features/'],
  ['redis/'],
  ['banner.ts', 'secrets.ts'],
  ['config.ts', 'errors.ts', 'ids.ts', 'metrics.ts'],
];

const floorOf = (file: string) =>
  FLOORS.findIndex((rooms) => rooms.some((room) => file === room || (room.endsWith('/') && file.startsWith(room))));

function sources(): { file: string; imports: string[] }[] {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts') && !file.startsWith('web/'))
    .map((file) => {
      const text = readFileSync(join(SRC, file), 'utf8');
      const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => normalize(join(dirname(file), path!)));
      return { file, imports };
    });
}

test('imports run one way: main, app, http, delivery, im, redis', () => {
  const wrong = sources().flatMap(({ file, imports }) =>
    imports.filter((other) => floorOf(other) < floorOf(file)).map((other) => `${file} imports ${other}`),
  );
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    sources().filter(({ file }) => floorOf(file) < 0),
    [],
    'every file has a floor',
  );
});

test('config, errors, ids and metrics import nothing of ours', () => {
  for (const { file, imports } of sources()) {
    if (floorOf(file) === FLOORS.length - 1) assert.deepEqual(imports, [], file);
  }
});

test('Fastify is known in http and app alone', () => {
  for (const { file } of sources()) {
    if (file.startsWith('http/') || file === 'app.ts') continue;
    assert.doesNotMatch(readFileSync(join(SRC, file), 'utf8'), /from '@?fastify/, file);
  }
});

test('key names are built in keys.ts and in the Lua prelude alone', () => {
  for (const { file } of sources()) {
    if (file === 'redis/keys.ts') continue;
    const text = readFileSync(join(SRC, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    assert.doesNotMatch(text, /['"`](u|s|c|rd|gi|gm|gq|i|rl):['"`$]|im:meta/, file);
  }
});
