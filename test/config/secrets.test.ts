import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { loadConfig } from '../../src/config/config.ts';
import { withSecrets } from '../../src/config/secrets.ts';
import { SECRET_PATTERN } from '../../src/http/openapi/patterns.ts';

let dataDir: string;
let warnings: string[];
const load = (env: Record<string, string> = {}) =>
  withSecrets(loadConfig({ DATA_DIR: dataDir, ...env }), (warning) => warnings.push(warning));

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'redisim-secrets-'));
  warnings = [];
});
afterEach(() => rmSync(dataDir, { recursive: true }));

test('are made once, for this user alone, and differ', async () => {
  const first = await load();
  const [key] = first.apiKeys;
  assert.match(key!, /^[\w-]{43}$/);
  assert.match(first.jwtSecret, /^[\w-]{43}$/);
  assert.match(first.demoSecret, /^[\w-]{43}$/);
  assert.equal(new Set([key, first.jwtSecret, first.demoSecret]).size, 3);
  for (const name of ['api-key', 'demo-secret', 'jwt-secret', 'vapid-key'])
    assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600);
  assert.equal(readFileSync(join(dataDir, 'api-key'), 'utf8').trim(), key);
  assert.deepEqual(await load(), first);
  assert.deepEqual(readdirSync(dataDir).sort(), ['api-key', 'demo-secret', 'jwt-secret', 'vapid-key']);
  assert.deepEqual(warnings, []);
});

test('two that start together end up with the same ones', async () => {
  const all = await Promise.all(Array.from({ length: 10 }, () => load()));
  for (const config of all) assert.deepEqual(config, all[0]);
});

test('one that signs what is asked before a message is sent is made where somebody is asked', async () => {
  assert.equal((await load()).beforeSendSecret, '');
  const env = { BEFORE_SEND_URL: 'http://127.0.0.1:9/' };
  const { beforeSendSecret } = await load(env);
  assert.match(beforeSendSecret, new RegExp(SECRET_PATTERN));
  assert.equal(Buffer.from(beforeSendSecret.slice(6), 'base64').length, 32);
  assert.equal((await load(env)).beforeSendSecret, beforeSendSecret);
  assert.equal(readFileSync(join(dataDir, 'before-send-secret'), 'utf8').trim(), beforeSendSecret);
  const own = `whsec_${'a'.repeat(32)}`;
  assert.equal((await load({ ...env, BEFORE_SEND_SECRET: own })).beforeSendSecret, own);
});

test('configured ones are taken, and no file is made for them', async () => {
  const config = await load({
    API_KEYS: 'k'.repeat(16),
    JWT_SECRET: 's'.repeat(32),
    VAPID_PRIVATE_KEY: `${'A'.repeat(42)}E`,
  });
  assert.deepEqual(config.apiKeys, ['k'.repeat(16)]);
  assert.equal(config.jwtSecret, 's'.repeat(32));
  assert.deepEqual(readdirSync(dataDir), []);
});

test('nothing is made beside an outside Redis', async () => {
  const missing = join(dataDir, 'missing');
  await load({ DATA_DIR: missing, REDIS_URL: 'redis://h', API_KEYS: 'k'.repeat(16), JWT_SECRET: 's'.repeat(32) });
  assert.equal(existsSync(missing), false);
});

test('a file that others may read is told, without its content', async () => {
  const { apiKeys } = await load();
  chmodSync(join(dataDir, 'api-key'), 0o644);
  assert.deepEqual((await load()).apiKeys, apiKeys);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /api-key can be read by other users of this machine: chmod 600/);
  assert.ok(!warnings[0]!.includes(apiKeys[0]!));
});

test('an empty or weak file stops the start', async () => {
  writeFileSync(join(dataDir, 'jwt-secret'), 'weak\n', { mode: 0o600 });
  await assert.rejects(load(), /jwt-secret must hold at least 32 characters .* remove it to have a new one made/);
});
