import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/config.ts';
import { isName } from '../../../src/domain/names.ts';
import { uidOfName } from '../../../src/features/demo/demo-login.ts';
import { assertRefused, call, closeConnections } from '../../helpers/http.ts';
import { type Service, startService } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const SECRET = 'the secret of a demo, as DATA_DIR would keep it';
// As it is where nothing is configured.
const { redis, service } = useService({ config: { demoLogin: loadConfig({}).demoLogin, demoSecret: SECRET } });

test('a name is enough: a user is made, and the token is theirs', async () => {
  const { body } = await service.with().post('/v1/demo/login', { name: '  Zoë Smith ', secret: SECRET }).expect(201);
  assert.equal(body.uid, 'zoe-smith');
  assert.ok(Date.parse(body.expiresAt) > Date.now() + 29 * 86_400_000);
  const me = await service.with(body.token).get('/v1/users/me').expect(200);
  assert.deepEqual(me.body.fields, { name: 'Zoë Smith' });
});

test('a user that exists is left as it is, however many log in at once', async () => {
  await service.server.put('/v1/users/dora', { fields: { name: 'Dora the First', role: 'admin' } }).expect(201);
  await service.with().post('/v1/demo/login', { name: 'Dora', secret: SECRET }).expect(201);
  const kept = await service.server.get('/v1/users/dora').expect(200);
  assert.deepEqual(kept.body.fields, { name: 'Dora the First', role: 'admin' });

  const names = ['Emil', 'EMIL', 'émil', 'emil'];
  const logins = await Promise.all(
    Array.from({ length: 20 }, (_, i) => service.with().post('/v1/demo/login', { name: names[i % 4], secret: SECRET })),
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
    const { body } = await service.with().post('/v1/demo/login', { name, secret: SECRET }).expect(400);
    assert.equal(body.code, 'invalid_request');
  }
});

test('only who has the secret is let in, not even through a proxy that looks like a client of this machine', async (t) => {
  // As nginx does with nothing but `proxy_pass http://127.0.0.1:8888`: a Host of its own, and no header that tells of it.
  const proxy = createServer((incoming, outgoing) => {
    const { host, connection, ...headers } = incoming.headers;
    const { method, url: path } = incoming;
    const passedOn = request(service.url, { method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passedOn);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  t.after(() => {
    closeConnections();
    proxy.close();
  });
  const { port } = proxy.address() as AddressInfo;
  for (const url of [service.url, `http://127.0.0.1:${port}`]) {
    const login = (body: object) =>
      call(url, {
        method: 'POST',
        path: '/v1/demo/login',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    for (const body of [{ name: 'Vic' }, { name: 'Vic', secret: null }, { name: 'Vic', secret: [SECRET] }]) {
      const { code, detail } = assertRefused(await login(body), JSON.stringify(body));
      assert.equal(code, 'demo_secret_needed');
      assert.match(detail, /Open the link that the service printed when it started/);
    }
    for (const secret of [
      '',
      'x',
      SECRET.slice(1),
      `${SECRET} `,
      `${SECRET.slice(0, -1)}!`,
      'ü'.repeat(SECRET.length),
    ]) {
      const { code, detail } = assertRefused(await login({ name: 'Vic', secret }), secret);
      assert.equal(code, 'demo_secret_needed');
      assert.match(detail, /not that of this service/);
      assert.ok(!detail.includes(SECRET));
    }
    await service.server.get('/v1/users/vic').expect(404);
    assert.equal((await login({ name: 'Uma', secret: SECRET })).status, 201);
    const demo = await fetch(`${url}/v1/demo`);
    assert.deepEqual(await demo.json(), { login: true, needsSecret: true });
  }
});

test('nothing is validated and Redis is asked nothing before it is known who asks', async (t) => {
  const off = await startService(redis, { demoLogin: 'nobody' });
  t.after(() => off.close());
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`wrong-${i}`, i]));
  for (const [to, code] of [
    [off, 'demo_login_off'],
    [service, 'demo_secret_needed'],
  ] as const) {
    const watched = await watch(t, to);
    for (const body of [{}, [], { name: 5 }, many]) {
      const answer = await to.with().post('/v1/demo/login', body).expect(403);
      assert.equal(answer.body.code, code);
      assert.equal(answer.body.errors, undefined);
    }
    assert.deepEqual(await watched(), []);
  }
});

/** Notes the commands that touch the keys of a service, until what is returned is called. */
async function watch(t: TestContext, to: Service): Promise<() => Promise<string[]>> {
  const monitor = await to.redis.duplicate().monitor();
  t.after(() => monitor.disconnect());
  const seen: string[] = [];
  const end = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time: string, args: string[]) => {
      if (args[0] === 'echo' && args[1] === to.keys.prefix) return resolve();
      // The feed is read all the time.
      if (args.some((arg) => arg.startsWith(to.keys.prefix)) && !/^xread$/i.test(args[0]!)) seen.push(args.join(' '));
    });
  });
  return async () => {
    await to.redis.echo(to.keys.prefix);
    await end;
    return seen;
  };
}

test('where it is off it says so', async (t) => {
  const off = await startService(redis, { demoLogin: 'nobody' });
  t.after(() => off.close());
  const { body } = await off.with().get('/v1/demo').expect(200);
  assert.deepEqual(body, { login: false, needsSecret: false });
  const refused = await off.with().post('/v1/demo/login', { name: 'Alice', secret: SECRET }).expect(403);
  assert.equal(refused.body.code, 'demo_login_off');
  assert.match(refused.body.detail, /DEMO_LOGIN=true/);
});

test('DEMO_LOGIN=true lets everybody in, with a warning in the log', async (t) => {
  const open = await startService(redis, { demoLogin: 'everybody' });
  t.after(() => open.close());
  const { body } = await open.with().get('/v1/demo').expect(200);
  assert.deepEqual(body, { login: true, needsSecret: false });
  await open.with().post('/v1/demo/login', { name: 'Fay' }).expect(201);
  await open.with().post('/v1/demo/login', { name: 'Fay', secret: 'of another time' }).expect(201);
  assert.ok(open.logLines.some((line) => /whoever reaches this service can be any user/.test(line)));
});
