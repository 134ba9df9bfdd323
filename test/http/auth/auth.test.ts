import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import Fastify from 'fastify';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { registerAuth } from '../../../src/http/auth/auth.ts';
import type { App } from '../../../src/http/fastify.ts';
import type { SpacesHere } from '../../../src/http/spaces-here.ts';
import { API_KEY, JWT_SECRET, startService, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { redis, service } = useService({ prepare: (service) => service.people('alice', 'bob') });

const me = (credential?: string, at = service) => at.with(credential).get('/v1/users/alice');
const sign = (claims: object, { alg = 'HS256', secret = JWT_SECRET, exp = '1h' as string | null } = {}) => {
  const jwt = new SignJWT({ sub: 'alice', ...claims }).setProtectedHeader({ alg }).setIssuedAt();
  if (exp) jwt.setExpirationTime(exp);
  return jwt.sign(Buffer.from(secret));
};

test('a credential that is not right is 401, and says what to send', async () => {
  const now = Math.floor(Date.now() / 1_000);
  const wrong: Record<string, string | undefined> = {
    none: undefined,
    garbage: 'garbage',
    'almost the key': `${API_KEY}0`,
    'alg none': new UnsecuredJWT({ sub: 'alice' }).setExpirationTime('1h').encode(),
    'another algorithm, by our own secret': await sign({}, { alg: 'HS512' }),
    'another secret': await sign({}, { secret: 'another secret that is long enough, too' }),
    expired: await userToken('alice', now - 60),
    'without exp': await sign({}, { exp: null }),
    'not yet': await sign({ nbf: now + 600 }),
    'no uid': await sign({ sub: undefined }),
    'a uid that is none': await sign({ sub: 'a:b' }),
    'me as uid': await sign({ sub: 'me' }),
    'a number as uid': await sign({ sub: 7 as never }),
  };
  for (const [what, credential] of Object.entries(wrong)) {
    const { status, body, headers } = await me(credential);
    assert.deepEqual([status, body.code], [401, 'unauthorized'], what);
    assert.match(headers['www-authenticate']!, /^Bearer/, what);
  }
  for (const header of ['Bearer', 'Bearer  ', 'Basic YTpi', API_KEY]) {
    const answer = await service.with().get('/v1/users/alice').set('authorization', header);
    assert.equal(answer.status, 401, header);
  }
  await me(await sign({})).expect(200);
  await service.with().get('/v1/users/alice').set('authorization', `bearer ${API_KEY}`).expect(200);
});

test('a token that was remembered ends in time all the same', async () => {
  const token = await userToken('alice', Math.floor(Date.now() / 1_000) - 4);
  // Within the clock tolerance it is taken, and then no longer than that.
  assert.ok([200, 401].includes((await me(token)).status));
  const short = await userToken('alice', Math.floor(Date.now() / 1_000) - 6);
  assert.equal((await me(short)).status, 401);
});

test('"me" is the user of the token, and nobody with an API key', async () => {
  const alice = await service.user('alice');
  assert.equal((await alice.get('/v1/users/me').expect(200)).body.uid, 'alice');
  const none = await service.server.get('/v1/users/me').expect(400);
  assert.equal(none.body.code, 'me_needs_user');
  await service.server.put('/v1/groups/g', { fields: {}, owner: 'alice' }).expect(201);
  const bob = await service.user('bob');
  assert.equal((await bob.put('/v1/groups/g/members/me').expect(201)).body.uid, 'bob');
  await service.server.put('/v1/users/alice/contacts/me').expect(400);
  await service.server.post('/v1/users/alice/conversations/user:me/messages', { fields: { text: 'x' } }).expect(400);
});

test('tokens that are made here are taken here', async () => {
  const { body } = await service.server.post('/v1/tokens', { uid: 'alice', ttlSeconds: 60 }).expect(201);
  const left = Date.parse(body.expiresAt) - Date.now();
  assert.ok(left > 50_000 && left < 61_000, `${left} ms`);
  assert.equal((await service.with(body.token).get('/v1/users/me').expect(200)).body.uid, 'alice');
  for (const wrong of [
    {},
    { uid: 'a b' },
    { uid: 'alice', ttlSeconds: 0 },
    { uid: 'alice', ttlSeconds: '60' },
    { uid: 'alice', x: 1 },
  ]) {
    assert.equal((await service.server.post('/v1/tokens', wrong)).status, 400, JSON.stringify(wrong));
  }
});

test('no credential gets into a log', async () => {
  const token = await userToken('bob');
  const { body } = await service.with(token).post('/v1/users/me/tickets').expect(201);
  await service.with().get(`/v1/users/alice/inbox/stream?ticket=${body.ticket}&start=0`).expect(403);
  await service.server
    .post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'my secret' } })
    .expect(201);
  await service.server
    .post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'my secret', uid: 'x' } })
    .expect(422);
  const log = service.logLines.join('');
  assert.match(log, /ticket=\[redacted\]&start=0/);
  for (const secret of [API_KEY, JWT_SECRET, token, body.ticket, 'my secret']) assert.ok(!log.includes(secret), secret);
  assert.match(log, /"reqId":"[0-9a-f-]{36}"/);
});

test('an outside issuer: its tokens, and only those', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const stranger = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' };
  let up = true;
  const issuer = createServer((_request, response) => {
    response.writeHead(up ? 200 : 500, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => issuer.once('listening', resolve));
  const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks`;
  const settings = { jwksUrl, jwtIssuer: 'https://id.example', jwtAudience: 'chat', jwtUidClaim: 'name' };
  const outside = await startService(redis, settings);
  const token = (claims: object = {}, key = privateKey) =>
    new SignJWT({ name: 'alice', iss: 'https://id.example', aud: 'chat', ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setExpirationTime('1h')
      .sign(key);
  try {
    await outside.people('alice');
    up = false;
    assert.equal((await me(await token(), outside)).status, 503, 'an issuer that is away is nobody’s fault');
    up = true;
    assert.equal(
      (
        await outside
          .with(await token())
          .get('/v1/users/me')
          .expect(200)
      ).body.uid,
      'alice',
    );
    const wrong = {
      'another issuer': await token({ iss: 'https://evil.example' }),
      'another audience': await token({ aud: 'mail' }),
      'another key': await token({}, stranger.privateKey),
      'without the claim': await token({ name: undefined }),
      'our own secret': await userToken('alice'),
      'the public key as a secret': await sign({ name: 'alice' }, { secret: JSON.stringify(jwk) }),
    };
    for (const [what, credential] of Object.entries(wrong))
      assert.equal((await me(credential, outside)).status, 401, what);
    assert.equal((await outside.server.post('/v1/tokens', { uid: 'alice' }).expect(409)).body.code, 'tokens_by_issuer');
    const { body } = await outside
      .with(await token())
      .post('/v1/users/me/tickets')
      .expect(201);
    assert.equal((await outside.with(body.ticket).get('/v1/users/me')).status, 401);
  } finally {
    await outside.close();
    issuer.close();
  }
});

test('a route that does not say who may call it does not start', () => {
  const app = Fastify() as unknown as App;
  registerAuth(app, {} as SpacesHere);
  assert.throws(() => app.get('/v1/secrets', async () => ({})), /GET \/v1\/secrets does not declare config.access/);
  app.get('/v1/open', { config: { access: 'public' } }, async () => ({}));
});
