import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { findServerBinary } from '../src/redis/embedded/binary.ts';
import { relativeLinks } from './helpers/markdown.ts';
import { endWithUs } from './helpers/redis.ts';

/** What `npm pack` makes, as a user has it: installed into an empty folder, and run from there. */

const ROOT = join(import.meta.dirname, '..');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** The registry may be slow. */
const timeout = 600_000;
const run = promisify(execFile);
const npm = (cwd: string, ...args: string[]) => run('npm', [...args, '--no-audit', '--no-fund'], { cwd });

interface Packed {
  filename: string;
  /** Bytes, compressed. */
  size: number;
  files: { path: string }[];
}

let folder: string;
let packed: Packed;
let files: string[];
before(
  async () => {
    folder = mkdtempSync(join(tmpdir(), 'redisim-package-'));
    const { stdout } = await npm(ROOT, 'pack', '--json', '--pack-destination', folder);
    // The script that builds may have said something first.
    const answer = JSON.parse(stdout.slice(stdout.search(/^[[{]/m)));
    [packed] = Object.values(answer) as [Packed];
    files = packed.files.map(({ path }) => path);
    await npm(folder, 'init', '-y');
    await npm(folder, 'install', '--prefer-offline', `./${packed.filename}`);
  },
  { timeout },
);
after(() => rmSync(folder, { recursive: true, force: true }));

test('it holds what runs and what its README links, and neither sources nor tests', () => {
  for (const file of readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })) {
    if (/^(web|client)\//.test(file) || !/\.(ts|lua)$/.test(file)) continue;
    assert.ok(files.includes(`dist/${file.replace(/\.ts$/, '.js')}`), file);
  }
  for (const file of ['dist/web/index.html', 'openapi/openapi.json', 'LICENSE', 'CHANGELOG.md'])
    assert.ok(files.includes(file), file);
  for (const page of files.filter((path) => path.endsWith('.md'))) {
    for (const link of relativeLinks(readFileSync(join(ROOT, page), 'utf8'))) {
      const path = link.path === '' ? page : join(dirname(page), link.path);
      // Pictures are for those who look at the repository.
      if (!path.endsWith('.png')) assert.ok(files.includes(path), `${page} links ${path}`);
    }
  }
  assert.deepEqual(
    files.filter((path) =>
      /^(src(?!\/client\/README\.md$)|test|bench|scripts|node_modules)\/|\.(map|tgz)$|\.built$/.test(path),
    ),
    [],
  );
});

test('it is small, and installing it runs no script and compiles nothing', (t) => {
  t.diagnostic(`${(packed.size / 1024).toFixed()} KiB, ${files.length} files`);
  assert.ok(packed.size < 1.4 * 1024 * 1024, `${packed.size} bytes`);
  const installed = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
  const withScripts = Object.entries<{ hasInstallScript?: boolean }>(installed.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path);
  assert.deepEqual(withScripts, []);
});

test('redisim --help and --version', async () => {
  assert.equal((await run('npx', ['redisim', '--version'], { cwd: folder })).stdout, `${version}\n`);
  assert.match((await run('npx', ['redisim', '--help'], { cwd: folder })).stdout, /redisim +run the service/);
});

test('without a Redis server it says in one line what to type', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const env = { PATH: bin, DATA_DIR: join(folder, 'no-data') };
  await assert.rejects(run(join(folder, 'node_modules/.bin/redisim'), { cwd: folder, env }), ({ code, stderr }) => {
    assert.equal(code, 1);
    assert.match(stderr, /^redisim: neither redis-server nor valkey-server was found\. (Type: .+|Install .+)\n$/);
    return true;
  });
});

describe('npx redisim', () => {
  let service: ChildProcess;
  let output = '';
  before(async () => {
    const env = { ...process.env, PORT: '0', REDIS_SERVER_BIN: findServerBinary(process.env.REDIS_SERVER_BIN) };
    // The service itself, so that the signal reaches it: npx passes on none that is sent to it alone.
    service = spawn(join(folder, 'node_modules/.bin/redisim'), { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    service.once('exit', endWithUs(service.pid!));
    let redisPid: string | undefined;
    const listen = (data: Buffer) => {
      output += data;
      if (redisPid) return;
      redisPid = /"redisPid":(\d+)/.exec(output)?.[1];
      if (redisPid) service.once('exit', endWithUs(Number(redisPid)));
    };
    service.stdout!.on('data', listen);
    service.stderr!.on('data', listen);
    while (!/inbox\/stream\?start=0"\n/.test(output)) {
      assert.equal(service.exitCode, null, output);
      await Promise.race([once(service.stdout!, 'data'), once(service, 'close')]);
    }
  });
  after(async () => {
    if (service.exitCode !== null) return;
    service.kill('SIGTERM');
    const [code] = await once(service, 'exit');
    assert.equal(code, 0, output);
  });

  test('serves the API with a Redis and a key of its own, in ./data', async () => {
    const origin = /redisim listens on (\S+)/.exec(output)![1]!;
    const key = readFileSync(join(folder, 'data/api-key'), 'utf8').trim();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const ask = async (method: string, path: string, body?: object) => {
      const answer = await fetch(origin + path, { method, headers, body: body ? JSON.stringify(body) : null });
      assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
      return answer.json() as Promise<{ items: { fields: object }[] }>;
    };
    for (const uid of ['alice', 'bob']) await ask('PUT', `/v1/users/${uid}`, { fields: { name: uid } });
    await ask('POST', '/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'hi' } });
    const inbox = await ask('GET', '/v1/users/bob/inbox?start=0');
    assert.deepEqual(
      inbox.items.map(({ fields }) => fields),
      [{ text: 'hi' }],
    );
    assert.ok(statSync(join(folder, 'data/redis.sock')).isSocket());
  });

  test('serves the chat page, and the documentation', async () => {
    const origin = /redisim listens on (\S+)/.exec(output)![1]!;
    const page = await (await fetch(origin)).text();
    const script = /<script[^>]+src="([^"]+)"/.exec(page)![1]!;
    for (const path of [script, '/docs', '/openapi.json']) {
      assert.equal((await fetch(new URL(path, origin))).status, 200, path);
    }
  });
});
