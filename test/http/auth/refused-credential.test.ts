import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import { API_KEY, JWT_SECRET, startService, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const ISSUER = 'https://chat.example';
const AUDIENCE = 'chat';

const { redis, service } = useService({
  config: { jwtIssuer: ISSUER, jwtAudience: AUDIENCE },
  prepare: (service) => service.people('alice'),
});

const now = () => Math.floor(Date.now() / 1_000);

/** A token that is right, but for what is given; a claim that is undefined is left out. */
function token(claims: Record<string, unknown> = {}, alg = 'HS256', secret = JWT_SECRET): Promise<string> {
  const right = { sub: 'alice', iss: ISSUER, aud: AUDIENCE, iat: now(), exp: now() + 60 };
  const given = Object.entries({ ...right, ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(given)).setProtectedHeader({ alg }).sign(Buffer.from(secret));
}

test('a token that is refused says why and what to change, and nothing of it is echoed', async () => {
  const unsecured = new UnsecuredJWT({ sub: 'alice' }).setExpirationTime('1h').encode();
  const whole = await token();
  const cases: [what: string, credential: string, detail: RegExp][] = [
    ['expired', await token({ exp: now() - 60 }), /has expired; get a new one/],
    ['no exp', await token({ exp: undefined }), /"exp" is missing; .*seconds since 1970, for example \d+/],
    ['a wrong exp', await token({ exp: 'tomorrow' }), /"exp" is wrong; .*seconds since 1970/],
    ['a wrong iat', await token({ iat: 'yesterday' }), /"iat" is wrong; .*seconds since 1970/],
    ['no audience', await token({ aud: undefined }), /"aud" is missing; .*"chat"/],
    ['another audience', await token({ aud: 'mail' }), /"aud" is wrong; .*"chat"/],
    ['no issuer', await token({ iss: undefined }), /"iss" is missing; .*"https:\/\/chat\.example"/],
    ['another issuer', await token({ iss: 'https://evil.example' }), /"iss" is wrong; .*"https:\/\/chat\.example"/],
    ['not yet', await token({ nbf: now() + 600 }), /not valid yet \("nbf"\)/],
    ['another secret', await token({}, 'HS256', 'x'.repeat(32)), /signature is wrong; .*JWT_SECRET/],
    ['another algorithm', await token({}, 'HS512', 'x'.repeat(64)), /"alg" must be HS256/],
    ['no algorithm', unsecured, /"alg" must be HS256/],
    ['no user', await token({ sub: undefined }), /"sub" is missing; .*"alice"/],
    ['no uid', await token({ sub: 'a "b" \\ ü' }), /"sub" is no valid uid; .*"alice"/],
    ['garbage', 'garbage', /neither an API key .*three parts/],
    ['almost the key', `${API_KEY}0`, /neither an API key/],
    ['half of one', whole.slice(0, 40), /neither an API key/],
    ['three parts of nothing', 'e30.e30.e30', /neither an API key/],
  ];
  for (const [what, credential, expected] of cases) {
    const { body, text, headers } = await service.with(credential).get('/v1/users/alice').expect(401);
    assert.equal(body.code, 'unauthorized', what);
    assert.match(body.detail, expected, what);
    const told = `${text} ${headers['www-authenticate']}`;
    for (const part of [...credential.split('.'), 'mail', 'evil', 'tomorrow', 'yesterday', 'ü']) {
      assert.ok(part === '' || !told.includes(part), `${what}: ${told}`);
    }
  }
  await service.with(whole).get('/v1/users/alice').expect(200);
});

test('JWT_ISSUER and JWT_AUDIENCE hold for tokens of the secret, too, and those made here have them', async () => {
  await service
    .with(await userToken('alice'))
    .get('/v1/users/me')
    .expect(401);
  const several = await token({ aud: ['mail', AUDIENCE] });
  await service.with(several).get('/v1/users/me').expect(200);
  const { body } = await service.server.post('/v1/tokens', { uid: 'alice' }).expect(201);
  const { body: me } = await service.with(body.token).get('/v1/users/me').expect(200);
  assert.equal(me.uid, 'alice');
  const open = await startService(redis, { ...DEMO, jwtIssuer: ISSUER, jwtAudience: AUDIENCE });
  const demo = await open.with().post('/v1/demo/login', { name: 'Alice' }).expect(201);
  await open.with(demo.body.token).get('/v1/users/me').expect(200);
  await open.close();
});

const DEMO = { demoLogin: 'everybody' } as const;

test('a ticket that is refused says so', async () => {
  const stream = async (ticket: string) =>
    (await service.with().get(`/v1/users/alice/inbox/stream?ticket=${ticket}`).expect(401)).body.detail;
  assert.match(await stream('garbage'), /ticket is damaged, .*POST \/v1\/users\/me\/tickets/);
  assert.match(await stream(await token()), /a user token is none/);
});
