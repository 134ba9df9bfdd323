import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { withFigures } from '../scripts/figures.ts';
import { withSettings } from '../scripts/settings.ts';
import { startRedis, type TestRedis } from './helpers/redis.ts';
import { API_KEY, type Service, startService } from './helpers/service.ts';

const run = promisify(execFile);
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

test('the curl lines of the README work as they are pasted, and leave the keys that it names', { skip }, async () => {
  const section = readme.slice(readme.indexOf('## The API in curl'), readme.indexOf('**Callers.**'));
  const [setup, calls] = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => code!);
  const script = `shopt -s expand_aliases\n${setup}${calls}`
    .replace('$(cat data/api-key)', API_KEY)
    .replace('http://127.0.0.1:8888', service.url)
    .replace('curl -sS', 'curl -sS --max-time 2')
    .replace(/^im -N/m, 'im -N --no-buffer');
  const { stdout } = await run('bash', ['-c', `${script}\ntrue`]);
  const answers = stdout.split('\n').filter((line) => line.startsWith('{'));
  assert.ok(answers.length >= 11, stdout);
  for (const line of answers) assert.equal(JSON.parse(line).code, undefined, line);
  assert.match(stdout, /event: message\ndata: .*"hello, team"/);

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
