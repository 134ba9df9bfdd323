import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import { eventually } from '../../helpers/delivery.ts';
import { serveKeys, type TestIssuer } from '../../helpers/issuer.ts';
import { API_KEY, JWT_SECRET, userToken } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';
import { ADMIN_KEY, makeSpace, SPACES_ON, sign, type TestSpace } from '../../helpers/spaces.ts';
import { useService } from '../../helpers/use.ts';

/** Whoever has a credential of one space, and wants to get into another: every way in is tried. */

const SECRET = 'a secret of the space gamma, 32 bytes';
let acme: TestSpace;
let ds: TestSpace;
const { service } = useService({
  config: SPACES_ON,
  async prepare(started) {
    await started.people('alice', 'bob');
    acme = await makeSpace(started, 'acme', {}, 'alice', 'bob');
    // Named like a key of Redis.
    ds = await makeSpace(started, 'ds', {}, 'alice', 'bob');
    await makeSpace(started, 'gamma', { jwtSecret: SECRET }, 'alice');
  },
});

const me = (credential: string) => service.with(credential).get('/v1/users/me');
const nameOf = async (credential: string) => (await me(credential).expect(200)).body.fields.name;

test('a credential opens its own space: a server key, a token that is made there, a token of its secret', async () => {
  assert.equal(await nameOf(await acme.tokenOf('alice')), 'alice of acme');
  assert.equal(await nameOf(await ds.tokenOf('alice')), 'alice of ds');
  assert.equal(await nameOf(await userToken('alice')), 'alice');
  assert.equal(await nameOf(await sign({ sub: 'alice', space: 'gamma' }, SECRET)), 'alice of gamma');
  assert.equal((await acme.server.get('/v1/users/alice').expect(200)).body.fields.name, 'alice of acme');
  assert.equal((await service.server.get('/v1/users/alice').expect(200)).body.fields.name, 'alice');
  assert.equal(decodeJwt(await acme.tokenOf('alice')).space, 'acme');
});

test('a token opens no other space than that whose key has signed it, whatever it claims', async () => {
  const wrong = {
    'JWT_SECRET with the claim of a space': await sign({ sub: 'alice', space: 'acme' }, JWT_SECRET),
    'JWT_SECRET with the claim of one that has a secret': await sign({ sub: 'alice', space: 'gamma' }, JWT_SECRET),
    'the secret of one with the claim of another': await sign({ sub: 'alice', space: 'acme' }, SECRET),
    'the secret of one without a claim': await sign({ sub: 'alice' }, SECRET),
    'the claim of no space that there is': await sign({ sub: 'alice', space: 'nowhere' }, SECRET),
    'the claim of the default space by a name': await sign({ sub: 'alice', space: 'default' }, JWT_SECRET),
    'a claim that is empty': await sign({ sub: 'alice', space: '' }, JWT_SECRET),
    'a claim that is null': await sign({ sub: 'alice', space: null }, JWT_SECRET),
    'a claim that is a list': await sign({ sub: 'alice', space: ['gamma'] }, SECRET),
    'a claim with a key in it': await sign({ sub: 'alice', space: 'gamma:u:alice' }, SECRET),
    'a claim of a prototype': await sign({ sub: 'alice', space: '__proto__' }, SECRET),
    'a claim in capitals': await sign({ sub: 'alice', space: 'GAMMA' }, SECRET),
    'a token that was made before its space': await signOld({ sub: 'alice', space: 'gamma' }, SECRET),
  };
  for (const [what, token] of Object.entries(wrong)) {
    const { status, body } = await me(token);
    assert.deepEqual([status, body.code], [401, 'unauthorized'], what);
  }
  // A claim that was changed after it was signed.
  const [header, , signature] = (await acme.tokenOf('alice')).split('.');
  const [, payload] = (await ds.tokenOf('alice')).split('.');
  assert.equal((await me([header, payload, signature].join('.'))).status, 401);
});

test('a server key opens its own space, whatever it begins with', async () => {
  const secret = acme.serverKey.slice('acme.'.length);
  for (const key of [
    `ds.${secret}`,
    secret,
    `.${secret}`,
    `default.${secret}`,
    `nowhere.${secret}`,
    `acme.${API_KEY}`,
  ]) {
    assert.equal((await service.with(key).get('/v1/users/alice')).status, 401, key.slice(0, 8));
  }
  assert.equal((await service.with(`acme.${secret}`).get('/v1/users/alice')).status, 200);
});

test('an admin key administrates spaces, and is nobody in them; nobody else administrates any', async () => {
  const admin = service.with(ADMIN_KEY);
  for (const [method, path, body] of [
    ['get', '/v1/users/alice'],
    ['put', '/v1/users/mallory', { fields: {} }],
    ['post', '/v1/tokens', { uid: 'alice' }],
    ['get', '/v1/users/alice/inbox'],
    ['get', '/v1/users'],
  ] as const) {
    assert.equal((await admin[method](path, body)).status, 403, path);
  }
  for (const credential of [API_KEY, acme.serverKey, await userToken('alice'), await acme.tokenOf('alice')]) {
    const caller = service.with(credential);
    await caller.get('/v1/spaces').expect(403);
    await caller.get('/v1/spaces/acme').expect(403);
    await caller.put('/v1/spaces/acme', {}).expect(403);
    await caller.post('/v1/spaces/acme/server-key', {}).expect(403);
    await caller.delete('/v1/spaces/acme').expect(403);
  }
  await service.with().get('/v1/spaces').expect(401);
});

test('a ticket opens the stream of its own space alone', async () => {
  const ticketOf = async (token: string) =>
    (await service.with(token).post('/v1/users/me/tickets').expect(201)).body.ticket as string;
  const ticket = await ticketOf(await acme.tokenOf('alice'));
  await acme.say('bob', 'user:alice', 'of acme');
  await ds.say('bob', 'user:alice', 'of ds');
  await service.say('bob', 'user:alice', 'of nobody');
  const client = await SocketClient.open(service, `/v1/users/alice/inbox/socket?start=0&ticket=${ticket}`);
  await eventually(() => client.frames.some(({ event }) => event === 'message'), 'a message');
  const texts = client.frames.flatMap(({ event, data }) => (event === 'message' ? [data!.fields!.text] : []));
  assert.deepEqual(texts, ['of acme']);
  client.ws.close();
  // Its claim changed to another space, or taken out.
  const [header, payload, signature] = ticket.split('.');
  for (const space of ['ds', 'gamma', undefined]) {
    const claims = { ...JSON.parse(Buffer.from(payload!, 'base64url').toString()), space };
    const forged = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
    await service.with().get(`/v1/users/alice/inbox/stream?ticket=${forged}`).expect(401);
  }
  // A ticket is no token, and no other way round; nor is one of the default space good elsewhere.
  assert.equal((await me(ticket)).status, 401);
  await service
    .with()
    .get(`/v1/users/alice/inbox/stream?ticket=${await acme.tokenOf('alice')}`)
    .expect(401);
});

test('a socket is not renewed by a token of the same uid in another space', async () => {
  const client = await SocketClient.open(service, '/v1/users/alice/inbox/socket', await acme.tokenOf('alice'));
  await client.event('ready');
  client.send({ id: 1, token: await acme.tokenOf('alice') });
  client.send({ id: 2, method: 'GET', path: '/v1/users/me' });
  await eventually(() => client.frames.some(({ id }) => id === 2), 'an answer');
  assert.equal((client.frames.find(({ id }) => id === 2)!.body!.fields as { name: string }).name, 'alice of acme');
  client.send({ id: 3, token: await ds.tokenOf('alice') });
  await eventually(() => client.closed !== undefined, 'the end');
  assert.equal(client.closed!.code, 4403);
});

test('a socket that was opened without a credential belongs to the space of the token that came in a frame', async () => {
  const client = await SocketClient.open(service, '/v1/users/alice/inbox/socket?start=0');
  client.send({ token: await ds.tokenOf('alice') });
  await client.event('ready');
  await eventually(() => client.frames.some(({ event }) => event === 'message'), 'a message');
  const [first] = client.frames.filter(({ event }) => event === 'message');
  assert.equal(first!.data!.fields!.text, 'of ds');
  const said = await ds.say('bob', 'user:alice', 'live');
  await acme.say('bob', 'user:alice', 'not here');
  await eventually(() => client.frames.some(({ data }) => data?.id === said.id), 'a live message');
  assert.ok(!client.frames.some(({ data }) => data?.fields?.text === 'not here'));
  client.ws.close();
});

test('a key that was rotated is good for as long as was said; what it was used for before changes nothing', async () => {
  const space = await makeSpace(service, 'rotating', {}, 'alice');
  const rotate = (graceSeconds: number) =>
    service.with(ADMIN_KEY).post('/v1/spaces/rotating/server-key', { graceSeconds }).expect(201);
  const { body: second } = await rotate(3_600);
  for (const key of [space.serverKey, second.serverKey]) await service.with(key).get('/v1/users/alice').expect(200);
  const { body: third } = await rotate(0);
  assert.equal((await service.with(third.serverKey).get('/v1/users/alice')).status, 200);
  for (const key of [space.serverKey, second.serverKey]) {
    assert.equal((await service.with(key).get('/v1/users/alice')).status, 401);
  }
  const registered = await service.redis.hget(service.keys.spaces(), 'rotating');
  assert.ok(!registered!.includes(third.serverKey.slice(9)), 'only its hash is kept');
});

test('no secret of a space is ever told, or logged', async () => {
  const { body } = await service.with(ADMIN_KEY).get('/v1/spaces/gamma').expect(200);
  assert.deepEqual(Object.keys(body).sort(), ['createdAt', 'limits', 'space', 'state', 'tokensBy']);
  assert.equal(body.tokensBy, 'jwtSecret');
  const { body: again } = await service.with(ADMIN_KEY).put('/v1/spaces/gamma', { jwtSecret: SECRET }).expect(200);
  assert.equal(again.serverKey, undefined);
  const log = service.logLines.join('');
  for (const secret of [SECRET, acme.serverKey.slice(5), ADMIN_KEY]) assert.ok(!log.includes(secret));
});

let issuer: TestIssuer;
after(() => issuer?.close());

test('tokens of an outside issuer open the space that has its issuer and audience, and no other', async () => {
  issuer = await serveKeys();
  const jwks = { url: issuer.url, issuer: 'https://id.example/', audience: 'delta' };
  await makeSpace(service, 'delta', { jwks }, 'alice');
  const other = { ...jwks, audience: 'epsilon' };
  await makeSpace(service, 'epsilon', { jwks: other }, 'alice');
  const sub = 'alice';
  const iss = jwks.issuer;
  assert.equal(await nameOf(await issuer.sign({ sub, iss, aud: 'delta' })), 'alice of delta');
  assert.equal(await nameOf(await issuer.sign({ sub, iss, aud: ['x', 'epsilon'] })), 'alice of epsilon');
  assert.equal(await nameOf(await issuer.sign({ sub, iss, aud: 'delta', space: 'delta' })), 'alice of delta');
  const wrong = {
    'the claim of another space': await issuer.sign({ sub, iss, aud: 'delta', space: 'epsilon' }),
    'the claim of a space without an issuer': await issuer.sign({ sub, iss, aud: 'delta', space: 'acme' }),
    'another audience': await issuer.sign({ sub, iss, aud: 'zeta' }),
    'another issuer': await issuer.sign({ sub, iss: 'https://other.example/', aud: 'delta' }),
    'a secret in place of the issuer': await sign({ sub, iss, aud: 'delta' }, JWT_SECRET),
  };
  for (const [what, token] of Object.entries(wrong)) assert.equal((await me(token)).status, 401, what);
  const taken = await service.with(ADMIN_KEY).put('/v1/spaces/zeta', { jwks }).expect(409);
  assert.equal(taken.body.code, 'issuer_taken');
  await service.with(ADMIN_KEY).get('/v1/spaces/zeta').expect(404);
  // Whoever gives it up leaves it to others.
  await service.with(ADMIN_KEY).put('/v1/spaces/delta', {}).expect(200);
  await eventually(
    async () => (await me(await issuer.sign({ sub, iss, aud: 'delta' }))).status === 401,
    'the end of it',
  );
});

/** A token that says it was made long ago. */
async function signOld(claims: Record<string, unknown>, secret: string): Promise<string> {
  return new SignJWT({ ...claims, iat: 1_700_000_000 })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1h')
    .sign(Buffer.from(secret));
}
