import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { withFigures } from '../scripts/figures.ts';
import { withSettings } from '../scripts/settings.ts';
import { startRedis, type TestRedis } from './helpers/redis.ts';
import { API_KEY, type Service, startService } from './helpers/service.ts';
import { Paste, shells } from './helpers/shells.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
  service = await startService(redis, { keyPrefix: '' });
});
after(async () => {
  await service.close();
  await redis.stop();
});

test('the table of settings is that of the schema (npm run settings)', () => {
  assert.equal(withSettings(readme), readme);
});

test('the tables of faults and benchmarks are those that were measured (npm run figures)', () => {
  assert.equal(withFigures(readme), readme);
});

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const skip = !hasCurl && !process.env.CI && 'curl is not installed';

/** Pastes all blocks of the section at once, until the last, the stream, has shown what was sent. */
async function pasteReadme(t: TestContext, shell: string, { url }: Service, folder: string): Promise<void> {
  const section = readme.slice(readme.indexOf('## The API in curl'), readme.indexOf('**Callers.**'));
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => code!);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/api-key'), API_KEY);
  const paste = new Paste(shell, blocks.join('').replace('http://127.0.0.1:8888', url), folder);
  t.after(() => paste.kill());
  await paste.shows(/event: message\ndata: .*"hello, team"/);
  assert.doesNotMatch(paste.output, /not found|no matches|unexpected/i);
  assert.ok(paste.answers.length >= 9, paste.output);
  for (const answer of paste.answers) assert.equal(answer.code, undefined, JSON.stringify(answer));
}

for (const { name, skip: noShell } of shells) {
  const why = skip || noShell;
  test(`the curl lines of the README work as they are pasted into ${name}`, { skip: why }, async (t) => {
    const fresh = await startService(redis);
    const folder = mkdtempSync(join(tmpdir(), 'redisim-readme-'));
    t.after(async () => {
      await fresh.close();
      rmSync(folder, { recursive: true });
    });
    await pasteReadme(t, name, fresh, folder);
  });
}

test('they leave the keys that it names', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'redisim-readme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await pasteReadme(t, 'bash', service, folder);
  const { redis: db } = service;
  await db.zadd('gq:team', 1, 'carol');
  const table = readme.slice(readme.indexOf('| key | type |'), readme.indexOf('`n` in a log counts'));
  const types: Record<string, string> = {
    hash: 'hash',
    stream: 'stream',
    'sorted set': 'zset',
    set: 'set',
    string: 'string',
  };
  const examples: Record<string, string> = {
    '<uid>': 'bob',
    '<gid>': 'team',
    '<lo>:<hi>': 'alice:bob',
    '<log>:<from>:<clientMessageId>': 'ds:alice:bob:alice:m-1',
  };
  for (const [, name, type] of table.matchAll(/^\| `([^`]+)` \| ([a-z ]+) \|/gm)) {
    if (name!.startsWith('rl:')) continue;
    const key = Object.entries(examples).reduce((text, [form, example]) => text.replace(form, example), name!);
    const holder = name === 'c:<uid>' ? 'c:alice' : key;
    assert.equal(await db.type(holder), types[type!], holder);
  }
});
