import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

/** `npm start` builds what has changed, and nothing else: the script, on a house of one room, which is built quickly. */

const ROOT = join(import.meta.dirname, '..');
const SERVICE = 'redisim: compiling the service ...\n';
const PAGE = 'redisim: building the chat page ...\n';

/** What the script reads beside what it is copied with; the page's tools are not its business. */
const SOURCES = {
  'package.json': JSON.stringify({ name: 'house', private: true, type: 'module', workspaces: ['src/web'] }),
  'package-lock.json': '{}',
  'openapi/openapi.json': '{}',
  'src/main.ts': 'export const main = 1;\n',
  'src/redis/lua/send.lua': 'return 1\n',
  'src/web/package.json': JSON.stringify({ name: 'page', version: '0.0.0', scripts: { build: 'sh build.sh' } }),
  'src/web/build.sh': 'rm -rf ../../dist/web; mkdir -p ../../dist/web/assets; cp base.css ../../dist/web/assets/\n',
  'src/web/base.css': '.page {}\n',
  'src/client/index.ts': 'export const client = 1;\n',
};

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'redisim-build-'));
  for (const path of ['tsconfig.json', 'tsconfig.build.json', 'scripts'])
    cpSync(join(ROOT, path), join(dir, path), { recursive: true });
  for (const [path, text] of Object.entries(SOURCES)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
});
after(() => rmSync(dir, { recursive: true }));

/** Builds, and answers with what was said. */
function build(...args: string[]): string {
  const { stderr, status } = spawnSync('sh', ['scripts/build.sh', ...args], { cwd: dir, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stderr;
}

test('a part is built when what it is made of, or what was made, is not what it was', () => {
  assert.equal(build(), SERVICE + PAGE);
  for (const file of ['main.js', 'redis/lua/send.lua', 'web/assets/base.css.br'])
    assert.ok(existsSync(join(dir, 'dist', file)));
  assert.equal(build(), '', 'nothing has changed');

  const main = join(dir, 'src/main.ts');
  utimesSync(main, new Date(), new Date());
  assert.equal(build(), '', 'a new time alone');

  appendFileSync(main, '// changed\n');
  utimesSync(main, new Date(0), new Date(0));
  writeFileSync(join(dir, 'src/another.ts'), 'export const another = 1;\n');
  assert.equal(build('--web'), '', 'the page is not made of it');
  assert.equal(build(), SERVICE, 'new contents, with an old time');

  rmSync(join(dir, 'src/another.ts'));
  assert.equal(build(), SERVICE, 'a source is gone');
  assert.equal(existsSync(join(dir, 'dist/another.js')), false);
  assert.ok(existsSync(join(dir, 'dist/web/assets/base.css')), 'the page is still there');

  rmSync(join(dir, 'dist/main.js'));
  assert.equal(build(), SERVICE, 'something that was built is gone');

  appendFileSync(join(dir, 'src/web/base.css'), '.changed { color: red }\n');
  assert.equal(build(), PAGE, 'the page alone');
  appendFileSync(join(dir, 'src/client/index.ts'), '// changed\n');
  assert.equal(build(), PAGE, 'the page stands on it, and the service does not');
  mkdirSync(join(dir, 'src/client/dist'));
  writeFileSync(join(dir, 'src/client/dist/index.js'), '');
  assert.equal(build(), '');
});

test('a build that fails is no build', () => {
  const file = join(dir, 'src/main.ts');
  const whole = readFileSync(file);
  appendFileSync(file, 'const wrong: number = "text";\n');
  for (let i = 0; i < 2; i++) {
    const { status, stderr } = spawnSync('sh', ['scripts/build.sh'], { cwd: dir, encoding: 'utf8' });
    assert.notEqual(status, 0, stderr);
    assert.ok(stderr.startsWith(SERVICE));
  }
  writeFileSync(file, whole);
  assert.equal(build(), SERVICE);
});
