import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import { DEFAULT_SPACE, type SpaceName } from '../../../src/domain/spaces.ts';
import type { Caller, Operator } from '../../../src/http/auth/caller.ts';
import { Tokens } from '../../../src/http/auth/tokens.ts';
import { uid } from '../../helpers/im.ts';
import { API_KEY, JWT_SECRET, startService, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { redis, service } = useService({ prepare: (service) => service.people('alice') });

const SETTINGS = { apiKeys: [API_KEY], jwtSecret: JWT_SECRET, jwtAlgorithms: [], jwtUidClaim: 'sub' };
const now = () => Math.floor(Date.now() / 1_000);
const issuedAt = (caller: Caller | Operator) => (caller.kind === 'user' ? caller.issuedAt : 'an API key');

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

test('an API key that is a token, too, is the key', async () => {
  const { credential } = await new Tokens(SETTINGS).issueToken(uid('alice'), 60);
  const caller = await new Tokens({ ...SETTINGS, apiKeys: [API_KEY, credential] }).verify(credential);
  assert.equal(caller.kind, 'server');
});

test('a ticket is as old as the token that asked for it', async () => {
  const tokens = new Tokens(SETTINGS);
  const through = async (caller: Caller | Operator) =>
    issuedAt(await tokens.verifyTicket((await tokens.issueTicket(uid('alice'), caller as Caller)).credential));
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

test('a token is made for a user that exists, or that is made with it', async () => {
  const { body } = await service.server.post('/v1/tokens', { uid: 'nobody' }).expect(404);
  assert.equal(body.code, 'user_not_found');
  await service.server.post('/v1/tokens', { uid: 'nobody', create: false }).expect(404);
  await service.server.post('/v1/tokens', { uid: 'nobody', create: 'yes' }).expect(400);
  await service.server.get('/v1/users/nobody').expect(404);
  const made = await service.server.post('/v1/tokens', { uid: 'newcomer', create: true }).expect(201);
  const me = await service.with(made.body.token).get('/v1/users/me').expect(200);
  assert.deepEqual([me.body.uid, me.body.fields], ['newcomer', {}]);
  await service.server.post('/v1/tokens', { uid: 'alice', create: true }).expect(201);
  assert.deepEqual((await service.server.get('/v1/users/alice').expect(200)).body.fields, { name: 'alice' });
});

test('where tokens come from elsewhere, no user is made for one', async () => {
  const jwks = { jwksUrl: 'http://127.0.0.1:1/keys', jwtIssuer: 'https://id.example', jwtAudience: 'chat' };
  const outside = await startService(redis, jwks);
  await outside.server.post('/v1/tokens', { uid: 'newcomer', create: true }).expect(409);
  await outside.server.get('/v1/users/newcomer').expect(404);
  await outside.close();
});

test('of a token in the header and a ticket in the query the token counts', async () => {
  await service.people('bob');
  const token = await userToken('alice');
  const { ticket } = (await service.server.post('/v1/users/alice/tickets').expect(201)).body;
  const ofBob = (await service.server.post('/v1/users/bob/tickets').expect(201)).body.ticket;
  const status = async (authorization: string, ticket: string) => {
    const aborter = new AbortController();
    const answer = await fetch(`${service.url}/v1/users/alice/inbox/stream?ticket=${ticket}`, {
      headers: { authorization, connection: 'close' },
      signal: aborter.signal,
    });
    aborter.abort();
    return answer.status;
  };
  for (const [authorization, given, expected] of [
    [`Bearer ${token}`, ticket, 200],
    [`Bearer ${token}`, 'garbage', 200],
    [`bearer ${API_KEY}`, ofBob, 200],
    ['Bearer garbage', ticket, 401],
    ['Bearer', ticket, 401],
    [`Bearer ${await userToken('bob')}`, ticket, 403],
    // Of a proxy in front; the browser sends it with everything.
    ['Basic YTpi', ticket, 200],
    ['Basic YTpi', ofBob, 403],
  ] as const) {
    assert.equal(await status(authorization, given), expected, `${authorization.slice(0, 12)} ${given.slice(0, 12)}`);
  }
});

test('a token that names another space is not taken, also where the key fits', async () => {
  const acme = new Tokens({ ...SETTINGS, apiKeys: [], space: 'acme' as SpaceName });
  const beta = new Tokens({ ...SETTINGS, apiKeys: [], space: 'beta' as SpaceName });
  const outside = new Tokens({ ...SETTINGS, space: DEFAULT_SPACE });
  const { credential } = await acme.issueToken(uid('alice'), 60);
  assert.equal((await acme.verify(credential)).kind, 'user');
  const { credential: ticket } = await acme.issueTicket(uid('alice'), (await acme.verify(credential)) as Caller);
  for (const other of [beta, outside]) {
    await assert.rejects(async () => other.verify(credential), { code: 'unauthorized' });
    await assert.rejects(async () => other.verifyTicket(ticket), { code: 'unauthorized' });
  }
  const { credential: unnamed } = await outside.issueToken(uid('alice'), 60);
  await assert.rejects(async () => acme.verify(unnamed), { code: 'unauthorized' });
});

test('a server key whose hash is kept is good until its time', async () => {
  const sha256 = createHash('sha256').update('acme.key').digest('hex');
  const of = (until?: number) =>
    new Tokens({ ...SETTINGS, apiKeys: [], serverKeys: [{ sha256, ...(until ? { until } : {}) }] });
  assert.equal((await of().verify('acme.key')).kind, 'server');
  assert.equal((await of(Date.now() + 60_000).verify('acme.key')).kind, 'server');
  await assert.rejects(async () => of(Date.now() - 1).verify('acme.key'), { code: 'unauthorized' });
});

test('a space takes memory for the tokens that it remembers, and not for those that it might', async () => {
  const { heapUsed } = process.memoryUsage();
  const spaces = Array.from({ length: 100 }, () => new Tokens(SETTINGS));
  const eachKiB = (process.memoryUsage().heapUsed - heapUsed) / 1_024 / spaces.length;
  assert.ok(eachKiB < 100, `${Math.round(eachKiB)} KiB each`);
});
