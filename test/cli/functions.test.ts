import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { VERSION } from '../../src/app.ts';
import { functions as command } from '../../src/cli/functions.ts';
import { LIBRARY_NAME, librarySource } from '../../src/redis/functions/library.ts';
import { buildProduct } from '../helpers/product.ts';
import { ROOT } from '../helpers/project-copy.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** `redisim functions`, as a process of its own. */

const run = promisify(execFile);
const SOURCE = ['--import', 'tsx', join(ROOT, 'src/main.ts')];
let server: TestRedis;
let redis: Redis;
before(async () => {
  server = await startRedis();
  redis = new Redis({ path: server.path });
});
after(async () => {
  redis.disconnect();
  await server.stop();
});
beforeEach(async () => {
  await redis.call('FUNCTION', 'FLUSH');
});

const functions = async (...words: string[]) => {
  // Nobody calls it: it needs neither API_KEYS nor JWT_SECRET.
  const env = { PATH: process.env.PATH, REDIS_URL: `unix://${server.path}` };
  return run(process.execPath, [...SOURCE, 'functions', ...words], { cwd: ROOT, env });
};
const refusal = (...words: string[]) =>
  functions(...words).then(
    ({ stdout }) => assert.fail(stdout),
    ({ stderr, code }: { stderr: string; code: number }) => `${code} ${stderr}`,
  );
const loaded = () => redis.call('FCALL', 'im_version', 0);
const libraries = async () => ((await redis.call('FUNCTION', 'LIST')) as string[][]).map(([, name]) => name);

test('functions are loaded, told and replaced', async () => {
  assert.match((await functions('version')).stdout, new RegExp(`^loaded: none.*\nof this package: ${VERSION}\n$`));
  assert.equal((await functions('load')).stdout, `loaded ${LIBRARY_NAME}, version ${VERSION}\n`);
  assert.equal(await loaded(), VERSION);
  assert.equal((await functions('version')).stdout, `loaded: ${VERSION}\nof this package: ${VERSION}\n`);
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', librarySource('0.0.9-rc.1'));
  assert.match((await functions('load')).stdout, /before it was 0\.0\.9-rc\.1/);
  assert.deepEqual([await loaded(), await libraries()], [VERSION, [LIBRARY_NAME]]);
});

test('an older version does not replace a newer one', async () => {
  await redis.call('FUNCTION', 'LOAD', librarySource('0.10.0'));
  assert.match(await refusal('load'), /^1 redisim: Redis has the functions of version 0\.10\.0; this is the older/);
  assert.equal(await loaded(), '0.10.0');
});

test("somebody else's functions are left alone", async () => {
  const register = (name: string) =>
    `#!lua name=other\nredis.register_function{function_name='${name}', flags={'no-writes'}, callback=function() return 'x' end}`;
  await redis.call('FUNCTION', 'LOAD', register('im_version'));
  assert.match(await refusal('load'), /im_version in Redis is not of redisim/);
  await redis.call('FUNCTION', 'LOAD', 'REPLACE', register('im_send'));
  assert.match(await refusal('load'), /Redis refused the functions: .*im_send already exists/);
  assert.deepEqual(await libraries(), ['other']);
});

test('dump writes the library that load loads, of the compiled package as well', async () => {
  const product = await buildProduct();
  try {
    const { stdout } = await run(process.execPath, [product.main, 'functions', 'dump']);
    assert.equal(stdout, librarySource(VERSION));
    assert.equal(await redis.call('FUNCTION', 'LOAD', stdout), LIBRARY_NAME);
  } finally {
    product.remove();
  }
});

test('any other word is refused with the right ones', async () => {
  for (const words of [[], ['lod'], ['toString'], ['load', 'now']]) {
    await assert.rejects(command(...words), /is no command; use "functions load"/, words.join(' '));
  }
});
