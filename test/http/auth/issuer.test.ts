import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startRedis, type TestRedis } from '../../helpers/redis.ts';
import { type Service, startService } from '../../helpers/service.ts';

/** An outside issuer whose answers are odd: what is its fault is 503, what is the token's is 401. */

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

let redis: TestRedis;
let issuer: Server;
let service: Service;
let answer: { status?: number; headers?: Record<string, string>; body: string };
let fetched: number;
let ours: KeyPair;
let other: KeyPair;

before(async () => {
  redis = await startRedis();
  [ours, other] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  issuer = createServer((_request, response) => {
    fetched++;
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body);
  });
  issuer.listen(0, '127.0.0.1');
  await once(issuer, 'listening');
});
after(async () => {
  issuer?.closeAllConnections();
  issuer?.close();
  await redis?.stop();
});
beforeEach(async () => {
  fetched = 0;
  const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
  service = await startService(redis, { jwksUrl, jwtIssuer: 'https://id.example', jwtAudience: 'chat' });
  await service.people('alice');
});
afterEach(() => service?.close());

function token(pair = ours, header: { kid?: string; alg?: string } = {}): Promise<string> {
  return new SignJWT({ sub: 'alice', iss: 'https://id.example', aud: 'chat' })
    .setProtectedHeader({ alg: 'ES256', ...header })
    .setExpirationTime('1h')
    .sign(pair.privateKey);
}

const keySet = async (...pairs: KeyPair[]) =>
  JSON.stringify({ keys: await Promise.all(pairs.map((pair) => exportJWK(pair.publicKey))) });
const me = async (credential: string) => service.with(credential).get('/v1/users/me');

const NO_KEYS: Record<string, typeof answer> = {
  'an error': { status: 500, body: '' },
  'a page': { body: '<html>Welcome</html>' },
  'JSON that is no key set': { body: '{"keys":"none"}' },
  'something else': { body: '{"issuer":"https://id.example"}' },
  'another address': { status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' },
};

for (const [what, wrong] of Object.entries(NO_KEYS)) {
  test(`an issuer that answers ${what} is to be asked again`, async () => {
    answer = wrong;
    const refusal = await me(await token());
    assert.deepEqual([refusal.status, refusal.body.code], [503, 'unavailable']);
    assert.ok(Number(refusal.headers['retry-after']) > 0);
    assert.doesNotMatch(refusal.text, /127\.0\.0\.1|JSON Web Key/);
    // That an API key works, and a token that is none is refused, does not depend on the issuer.
    await service.server.get('/v1/users/alice').expect(200);
    assert.equal((await me('garbage')).status, 401);
    answer = { body: await keySet(ours) };
    assert.equal((await me(await token())).status, 200);
  });
}

test('a token that names no key is tried with each that fits', async () => {
  answer = { body: await keySet(other, ours) };
  assert.equal((await me(await token())).status, 200);
  const stranger = await generateKeyPair('ES256');
  assert.equal((await me(await token(stranger))).status, 401);
});

test('a key that the set does not have is the token’s fault', async () => {
  answer = { body: await keySet(other) };
  assert.equal((await me(await token())).status, 401);
  answer = { body: '{"keys":[]}' };
  assert.equal((await me(await token(ours, { kid: 'unknown' }))).status, 401);
});

test('an algorithm that the settings do not name is refused before any key is fetched', async () => {
  answer = { body: await keySet(ours) };
  const { privateKey } = await generateKeyPair('ES384');
  const foreign = await new SignJWT({ sub: 'alice', iss: 'https://id.example', aud: 'chat' })
    .setProtectedHeader({ alg: 'ES384' })
    .setExpirationTime('1h')
    .sign(privateKey);
  assert.equal((await me(foreign)).status, 401);
  assert.equal(fetched, 0);
});

test('a token is verified once, and its keys are fetched once', async () => {
  answer = { body: await keySet(ours) };
  const credential = await token();
  for (let i = 0; i < 3; i++) assert.equal((await me(credential)).status, 200);
  assert.equal((await me(await token())).status, 200);
  assert.equal(fetched, 1);
});
