import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { uidOfName } from '../../../src/http/demo-login.ts';
import { isName } from '../../../src/ids.ts';
import { open } from '../../helpers/http.ts';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { type Service, startService } from '../../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
  service = await startService(redis);
});
after(async () => {
  await service?.close();
  await redis?.stop();
});

test('a name is enough: a user is made, and the token is theirs', async () => {
  const { body } = await service.with().post('/v1/demo/login', { name: '  Zoë Smith ' }).expect(201);
  assert.equal(body.uid, 'zoe-smith');
  assert.ok(Date.parse(body.expiresAt) > Date.now() + 29 * 86_400_000);
  const me = await service.with(body.token).get('/v1/users/me').expect(200);
  assert.deepEqual(me.body.fields, { name: 'Zoë Smith' });
});

test('a user that exists is left as it is, however many log in at once', async () => {
  await service.server.put('/v1/users/dora', { fields: { name: 'Dora the First', role: 'admin' } }).expect(201);
  await service.with().post('/v1/demo/login', { name: 'Dora' }).expect(201);
  const kept = await service.server.get('/v1/users/dora').expect(200);
  assert.deepEqual(kept.body.fields, { name: 'Dora the First', role: 'admin' });

  const names = ['Emil', 'EMIL', 'émil', 'emil'];
  const logins = await Promise.all(
    Array.from({ length: 20 }, (_, i) => service.with().post('/v1/demo/login', { name: names[i % 4] })),
  );
  assert.deepEqual([...new Set(logins.map(({ status, body }) => `${status} ${body.uid}`))], ['201 emil']);
  const { body } = await service.server.get('/v1/users/emil').expect(200);
  assert.ok(names.includes(body.fields.name));
  assert.deepEqual(Object.keys(body.fields), ['name']);
});

test('every name has a uid, and names that differ in letters have different ones', () => {
  const fixed = { Alice: 'alice', 'Zoë B.': 'zoe-b.', a_b: 'a_b', '--x--': 'x', 'Jean-Luc': 'jean-luc' };
  for (const [name, uid] of Object.entries(fixed)) assert.equal(uidOfName(name), uid);
  const odd = [
    '小明',
    '小红',
    'me',
    '🙂',
    '👍👍',
    '...',
    'Ünal 王',
    'Ünal 李',
    'x'.repeat(64),
    `${'y'.repeat(63)}王`,
    'ß',
    'Ω',
    '\u202eabc',
  ];
  const uids = odd.map(uidOfName);
  for (const [i, uid] of uids.entries()) assert.ok(isName(uid), `${odd[i]}: ${uid}`);
  assert.equal(new Set(uids).size, odd.length, uids.join(' '));
});

test('a name that is none is refused', async () => {
  for (const name of ['', '   ', 'x'.repeat(65), 1, null]) {
    const { body } = await service.with().post('/v1/demo/login', { name }).expect(400);
    assert.equal(body.code, 'invalid_request');
  }
});

/** What a bare request answers: whether a login works for it. */
async function asks(headers: string, target = '/v1/demo'): Promise<boolean> {
  const socket = open(service.url);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  socket.write(`GET ${target} HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
  await once(socket, 'close');
  const body = JSON.parse(text.slice(text.indexOf('{')));
  // Refused as a request is as good as off.
  if (!text.startsWith('HTTP/1.1 200')) return false;
  return body.login;
}

test('it works under a name of this machine', async () => {
  const { port } = new URL(service.url);
  for (const host of [
    'localhost',
    `localhost:${port}`,
    'LOCALHOST',
    'chat.localhost:1',
    '127.0.0.1',
    '127.1.2.3:80',
    '[::1]',
    '[::1]:8888',
  ]) {
    assert.equal(await asks(`host: ${host}\r\n`), true, host);
  }
  const own = `127.0.0.1:${port}`;
  assert.equal(await asks(`host: ${own}\r\norigin: http://${own}\r\n`), true);
});

test('a proxy, another name, or another page does not open it', async () => {
  const hosts = [
    'chat.example.com',
    'localhost.evil.com',
    '127.0.0.1.evil.com',
    'evil.com:80',
    '0x7f.1',
    '2130706433',
    '127.1',
    '[::ffff:127.0.0.1]',
    'localhost.',
    'user@localhost',
    'localhost:80:80',
    'localhost/evil',
    '',
  ];
  for (const host of hosts) assert.equal(await asks(`host: ${host}\r\n`), false, host);
  const forwarding = [
    'forwarded: for=1.2.3.4',
    'x-forwarded-for: 1.2.3.4',
    'x-forwarded-host: chat.example.com',
    'x-forwarded-proto: https',
    'x-real-ip: 1.2.3.4',
    'via: 1.1 proxy',
    'cf-connecting-ip: 1.2.3.4',
    'true-client-ip: 1.2.3.4',
    'X-FORWARDED-FOR: 127.0.0.1',
  ];
  for (const header of forwarding) assert.equal(await asks(`host: localhost\r\n${header}\r\n`), false, header);
  for (const origin of ['http://evil.com', 'http://localhost:1', 'null', 'file://', 'http://localhost.evil.com']) {
    assert.equal(await asks(`host: localhost\r\norigin: ${origin}\r\n`), false, origin);
  }
  assert.equal(await asks('host: localhost\r\nhost: evil.com\r\n'), false, 'two hosts');
  assert.equal(await asks('host: localhost\r\n', 'http://evil.com/v1/demo'), false, 'a whole URL');
});

test('only a client on this machine is let in, whatever the host says', async () => {
  const { app } = service;
  const asked = async (remoteAddress: string) =>
    (await app.inject({ url: '/v1/demo', remoteAddress, headers: { host: 'localhost' } })).json().login;
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
    assert.equal(await asked(address), true, address);
  }
  for (const address of ['192.168.1.5', '10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', 'fe80::1%eth0']) {
    assert.equal(await asked(address), false, address);
  }
});

test('off, the login is refused with what to do', async (t) => {
  const other = await startService(redis, { demoLogin: 'nobody' });
  t.after(() => other.close());
  const { body } = await other.with().post('/v1/demo/login', { name: 'Alice' }).expect(403);
  assert.equal(body.code, 'demo_login_off');
  assert.match(body.detail, /DEMO_LOGIN=true/);
  assert.equal((await other.with().get('/v1/demo').expect(200)).body.login, false);
});

test('on for everybody, it also works behind a proxy, and the log warns', async (t) => {
  const other = await startService(redis, { demoLogin: 'everybody' });
  t.after(() => other.close());
  const headers = { 'x-forwarded-for': '1.2.3.4', 'content-type': 'application/json' };
  const login = (extra: object) =>
    fetch(`${other.url}/v1/demo/login`, { method: 'POST', headers: { ...headers, ...extra }, body: '{"name":"Fay"}' });
  assert.equal((await login({})).status, 201);
  assert.equal((await login({ origin: 'https://evil.example' })).status, 403);
  assert.ok(other.logLines.some((line) => /whoever reaches this service can be any user/.test(line)));
});
