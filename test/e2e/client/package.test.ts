import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from '../../helpers/delivery.ts';
import { userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/** What `npm pack` makes of the client, as a user has it: installed into an empty folder. */

const ROOT = join(import.meta.dirname, '../../..');
const CLIENT = join(ROOT, 'src/client');
const timeout = 300_000;
const run = promisify(execFile);
const npm = (cwd: string, ...args: string[]) => run('npm', [...args, '--no-audit', '--no-fund'], { cwd });
const example = /```js\n([\s\S]*?)```/.exec(readFileSync(join(CLIENT, 'README.md'), 'utf8'))![1]!;

const { service } = useService({ prepare: (started) => started.people('alice', 'bob') });
let folder: string;
let files: string[];
before(
  async () => {
    folder = mkdtempSync(join(tmpdir(), 'redisim-client-'));
    const { stdout } = await npm(CLIENT, 'pack', '--json', '--pack-destination', folder);
    // The generator of the types says something first.
    const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))) as [
      { filename: string; files: { path: string }[] },
    ];
    files = packed.files.map(({ path }) => path);
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    await npm(folder, 'install', '--prefer-offline', `./${packed.filename}`);
  },
  { timeout },
);
after(() => rmSync(folder, { recursive: true, force: true }));

test('it has the version of the service, and holds what runs, its types and its README alone', () => {
  const versionOf = (path: string) => JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')).version;
  assert.equal(versionOf(CLIENT), versionOf(ROOT));
  for (const source of readdirSync(CLIENT).filter((file) => file.endsWith('.ts'))) {
    for (const built of [source.replace('.ts', '.js'), source.replace('.ts', '.d.ts')]) {
      assert.ok(files.includes(`dist/${built}`), built);
    }
  }
  const others = files.filter((path) => !path.startsWith('dist/'));
  assert.deepEqual(others.toSorted(), ['LICENSE', 'README.md', 'package.json']);
});

test('its types fit a program of TypeScript', async () => {
  writeFileSync(
    join(folder, 'program.ts'),
    `import { createClient, type Message } from '@redisim/client';
    const client = createClient({ url: 'http://localhost', token: async () => 'token' });
    const { fields }: Message = await client.POST('/v1/users/{uid}/conversations/{conversation}/messages', {
      params: { path: { uid: 'me', conversation: 'user:bob' } },
      body: { fields: { text: 'hi' } },
    });
    export const text: string | undefined = fields.text;
    // @ts-expect-error: there is no such operation
    await client.GET('/v1/nothing');
    // @ts-expect-error: the path needs a uid
    await client.GET('/v1/users/{uid}');
    `,
  );
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable'];
  const { stdout } = await run(join(CLIENT, 'node_modules/.bin/tsc'), ['--noEmit', ...options, 'program.ts'], {
    cwd: folder,
  }).catch((error) => error);
  assert.equal(stdout, '');
});

test('the example of its README runs', async (t) => {
  await service.say('bob', 'user:alice', 'Hello Alice');
  writeFileSync(join(folder, 'example.js'), example.replace('http://localhost:8888', service.url));
  const env = { ...process.env, TOKEN: await userToken('alice') };
  const child = execFile(process.execPath, ['example.js'], { cwd: folder, env });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data) => (output += data));
  await eventually(() => /Hello Alice/.test(output) && /Hello Bob/.test(output), 'both messages').catch(() => {});
  assert.deepEqual(output.trim().split('\n').toSorted(), ['user:bob alice Hello Bob', 'user:bob bob Hello Alice']);
});
