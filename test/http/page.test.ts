import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { assertRefused, call } from '../helpers/http.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { type Service, startService } from '../helpers/service.ts';

/** How the files of the page are served; the page itself is tested in a browser. */

const SCRIPT = 'console.log("page");'.repeat(50);
let folder: string;
let redis: TestRedis;
let service: Service;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redisim-web-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'sw.js'), 'const worker = 1;');
  writeFileSync(join(folder, 'manifest.webmanifest'), '{}');
  writeFileSync(join(folder, 'secret.txt'), 'not for anybody');
  writeFileSync(join(folder, 'assets/main-abc.js'), SCRIPT);
  writeFileSync(join(folder, 'assets/.env'), 'not for anybody');
  writeFileSync(join(folder, 'assets/main-abc.js.br'), brotliCompressSync(SCRIPT));
  redis = await startRedis();
  service = await startService(redis, {}, { pageFolder: folder });
});
after(async () => {
  await service?.close();
  await redis?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the page is asked for each time, and may load only what comes from here', async () => {
  const { headers, text } = await service.with().get('/').expect(200);
  assert.equal(text, '<!doctype html><title>page</title>');
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(headers['cache-control'], 'no-cache');
  const policy = headers['content-security-policy']!;
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self';/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  const again = await fetch(service.url, { headers: { 'if-none-match': headers.etag! } });
  assert.equal(again.status, 304);
  assert.equal(await again.text(), '');
});

test('what lies beside it is asked for each time; the service worker may ask for nothing elsewhere', async () => {
  const types = { 'sw.js': 'text/javascript; charset=utf-8', 'manifest.webmanifest': 'application/manifest+json' };
  for (const [name, type] of Object.entries(types)) {
    const { headers } = await service.with().get(`/${name}`).expect(200);
    assert.deepEqual([headers['content-type'], headers['cache-control']], [type, 'no-cache'], name);
    const policy = headers['content-security-policy']!;
    assert.match(policy, name === 'sw.js' ? /^default-src 'none'; connect-src 'self'$/ : /^default-src 'none'$/);
    const again = await fetch(`${service.url}/${name}`, { headers: { 'if-none-match': headers.etag! } });
    assert.equal(again.status, 304, name);
  }
});

test('its files are kept for good, and compressed for who takes that', async () => {
  const url = `${service.url}/assets/main-abc.js`;
  const plain = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
  assert.equal(await plain.text(), SCRIPT);
  assert.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.match(plain.headers.get('content-type')!, /javascript/);
  // fetch takes it apart itself.
  const compressed = await fetch(url, { headers: { 'accept-encoding': 'br' } });
  assert.equal(compressed.headers.get('content-encoding'), 'br');
  assert.equal(await compressed.text(), SCRIPT);
  const range = await fetch(url, { headers: { range: 'bytes=0-3', 'accept-encoding': 'identity' } });
  assert.equal(range.status, 200);
});

test('nothing else is served', async () => {
  for (const path of [
    '/secret.txt',
    '/index.html',
    '/assets/',
    '/assets/nothing.js',
    '/assets/secret.txt',
    '/assets/index.html',
    '/assets/..%2fsecret.txt',
    '/assets/../secret.txt',
    '/assets/%2e%2e%2fsecret.txt',
    '/assets/main-abc.js%00',
    '/assets/.env',
  ]) {
    assertRefused(await call(service.url, { method: 'GET', path, headers: {} }), path);
  }
});

test('a page that was not built is told as such', async (t) => {
  const other = await startService(redis, {}, { pageFolder: join(folder, 'nowhere') });
  t.after(() => other.close());
  const { body } = await other.with().get('/').expect(404);
  assert.match(body.detail, /npm run build/);
});
