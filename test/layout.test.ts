import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const SRC = new URL('../src/', import.meta.url).pathname;

/** The floors of the house, from the entry down. A file imports from its own floor or from below it. */
const FLOORS: [name: string, files: RegExp][] = [
  ['the entry', /^main\.ts$/],
  ['the command line', /^cli\//],
  ['where everything meets', /^app\.ts$/],
  ['the list of the operations', /^routes\.ts$/],
  ['routes', /^features\/[a-z]+\/([a-z]+-)?routes\.ts$/],
  ['HTTP, and the schemas', /^(http\/|features\/[a-z]+\/([a-z]+-)?schemas\.ts$)/],
  ['the workers', /^workers\//],
  ['the rules', /^features\/[a-z]+\/(?!commands\.ts$)[a-z-]+\.ts$/],
  ['the commands', /^features\/[a-z]+\/commands\.ts$/],
  // Below every feature: what can be followed is a feature's, and comes to delivery as a source.
  ['delivery', /^delivery\//],
  ['Redis', /^redis\//],
  ['the settings', /^config\//],
  ['the domain', /^domain\//],
];
const floorOf = (file: string) => FLOORS.findIndex(([, files]) => files.test(file));

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !/^(web|client)\//.test(file))
  .map((file) => {
    const text = readFileSync(join(SRC, file), 'utf8');
    const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path]) => normalize(join(dirname(file), path!)));
    return { file, text, imports };
  });

test('imports go down', () => {
  assert.deepEqual(
    sources.filter(({ file }) => floorOf(file) < 0).map(({ file }) => file),
    [],
    'every file has a floor',
  );
  const wrong = sources.flatMap(({ file, imports }) =>
    imports.filter((other) => floorOf(other) < floorOf(file)).map((other) => `${file} imports ${other}`),
  );
  assert.deepEqual(wrong, []);
});

test('no file imports itself by way of others', () => {
  const importsOf = new Map(sources.map(({ file, imports }) => [file, imports]));
  const done = new Set<string>();
  const walk = (file: string, path: string[]): void => {
    if (path.includes(file)) assert.fail([...path.slice(path.indexOf(file)), file].join(' → '));
    if (done.has(file)) return;
    for (const other of importsOf.get(file) ?? []) walk(other, [...path, file]);
    done.add(file);
  };
  for (const { file } of sources) walk(file, []);
});

test('the domain imports nothing of ours but itself', () => {
  for (const { file, imports } of sources) {
    if (!file.startsWith('domain/')) continue;
    assert.deepEqual(
      imports.filter((other) => !other.startsWith('domain/')),
      [],
      file,
    );
  }
});

test('delivery knows no feature', () => {
  assert.ok(floorOf('delivery/hub.ts') > floorOf('features/inbox/commands.ts'));
  for (const { file, text } of sources) {
    if (file.startsWith('delivery/')) assert.ok(!text.includes('features/'), file);
  }
});

test('rules, commands and everything below know nothing of Fastify', () => {
  for (const { file, text } of sources) {
    if (floorOf(file) > floorOf('http/x.ts')) assert.ok(!/from '@?fastify/.test(text), file);
  }
});

test('a feature has its rules, commands, schemas and routes under these names', () => {
  for (const { file } of sources) {
    if (!file.startsWith('features/')) continue;
    const folder = join(SRC, dirname(file));
    const hasScripts = readdirSync(folder).some((name) => name.endsWith('.lua'));
    if (hasScripts) assert.ok(readdirSync(folder).includes('commands.ts'), `${dirname(file)} has scripts`);
  }
});

test('key names are built in keys.ts and in shared Lua alone', () => {
  for (const { file, text } of sources) {
    if (file === 'redis/keys.ts') continue;
    const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    assert.ok(!/['"`](u|s|c|rd|gi|gm|gr|gb|gq|sn|fl|rq|ru|i):['"`$]|im:meta/.test(code), file);
  }
  for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.lua') || file.startsWith('redis/lua/')) continue;
    assert.ok(!/PREFIX/.test(readFileSync(join(SRC, file), 'utf8').replaceAll(/--.*/g, '')), file);
  }
});
