import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import type { Caller } from '../../src/http/auth.ts';
import { Tokens } from '../../src/http/tokens.ts';
import { uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { API_KEY, JWT_SECRET, type Service, startService, userToken } from '../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
  service = await startService(redis);
  await service.people('alice');
});
after(async () => {
  await service?.close();
  await redis?.stop();
});

const SETTINGS = { apiKeys: [API_KEY], jwtSecret: JWT_SECRET, jwtAlgorithms: [], jwtUidClaim: 'sub' };
const now = () => Math.floor(Date.now() / 1_000);
const issuedAt = (caller: Caller) => (caller.kind === 'user' ? caller.issuedAt : 'an API key');

test('a token that is made here says when, and is as young as it has to be', async () => {
  const tokens = new Tokens(SETTINGS);
  const since = now();
  const { iat, exp } = decodeJwt((await tokens.issueToken(uid('alice'), 60)).credential);
  assert.ok(iat! >= since && iat! <= now(), `${iat}`);
  assert.equal(exp, iat! + 60);
  const later = since + 1_000.5;
  const { credential } = await tokens.issueToken(uid('alice'), 60, later);
  assert.equal(issuedAt(await tokens.verify(credential)), since + 1_001);
});

test('a ticket is as old as the token that asked for it', async () => {
  const tokens = new Tokens(SETTINGS);
  const through = async (caller: Caller) =>
    issuedAt(await tokens.verifyTicket((await tokens.issueTicket(uid('alice'), caller)).credential));
  const sign = (jwt: SignJWT) =>
    jwt.setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h').sign(Buffer.from(JWT_SECRET));
  const old = now() - 5_000;
  const dated = await tokens.verify(await sign(new SignJWT({ sub: 'alice', iat: old })));
  assert.equal(issuedAt(dated), old);
  assert.equal(await through(dated), old);
  const undated = await tokens.verify(await sign(new SignJWT({ sub: 'alice' })));
  assert.equal(issuedAt(undated), undefined);
  assert.equal(await through(undated), undefined);
  const since = now();
  const ofServer = await through(await tokens.verify(API_KEY));
  assert.ok(typeof ofServer === 'number' && ofServer >= since && ofServer <= now(), `${ofServer}`);
});

test('a ticket ends with the token that asked for it, and after ten minutes', async () => {
  const ends = now() + 30;
  const short = await service
    .with(await userToken('alice', ends))
    .post('/v1/users/me/tickets')
    .expect(201);
  assert.equal(Date.parse(short.body.expiresAt), ends * 1_000);
  for (const long of [await service.user('alice'), service.server]) {
    const { body } = await long.post('/v1/users/alice/tickets').expect(201);
    const left = Date.parse(body.expiresAt) - Date.now();
    assert.ok(left > 590_000 && left <= 600_000, `${left} ms`);
  }
});
