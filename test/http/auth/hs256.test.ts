import assert from 'node:assert/strict';
import { createHmac, createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { type JWTVerifyOptions, jwtVerify } from 'jose';
import { claimsAtOnce } from '../../../src/http/auth/hs256.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const key = createSecretKey(Buffer.from(SECRET));
const now = Math.floor(Date.now() / 1_000);
const EXPECTED = { typ: 'JWT', issuer: 'https://id.example.com', audience: 'chat', clockTolerance: 5 };
const HEADER = { alg: 'HS256', typ: 'JWT' };
const CLAIMS = { sub: 'alice', exp: now + 60, iat: now, iss: EXPECTED.issuer, aud: EXPECTED.audience };

const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function signed(header: unknown, claims: unknown, secret = SECRET): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function byJose(token: string): Promise<unknown> {
  const options: JWTVerifyOptions = { ...EXPECTED, algorithms: ['HS256'], requiredClaims: ['exp'] };
  return jwtVerify(token, key, options).then(
    ({ payload }) => payload,
    () => undefined,
  );
}

const good = signed(HEADER, CLAIMS);

const TAKEN: Record<string, string> = {
  'a plain token': good,
  'without iat': signed(HEADER, { ...CLAIMS, iat: undefined }),
  'for several audiences': signed(HEADER, { ...CLAIMS, aud: ['other', 'chat'] }),
  'expired within the tolerance': signed(HEADER, { ...CLAIMS, exp: now - 2 }),
  'valid soon, within the tolerance': signed(HEADER, { ...CLAIMS, nbf: now + 3 }),
  'with claims of its own': signed(HEADER, { ...CLAIMS, uid: 'bob', roles: ['a'], __proto__: 1 }),
};

const LEFT_TO_JOSE: Record<string, string> = {
  expired: signed(HEADER, { ...CLAIMS, exp: now - 10 }),
  'without exp': signed(HEADER, { ...CLAIMS, exp: undefined }),
  'with exp as text': signed(HEADER, { ...CLAIMS, exp: String(now + 60) }),
  'not valid yet': signed(HEADER, { ...CLAIMS, nbf: now + 60 }),
  'with nbf as text': signed(HEADER, { ...CLAIMS, nbf: '0' }),
  'with iat as text': signed(HEADER, { ...CLAIMS, iat: 'today' }),
  'of another issuer': signed(HEADER, { ...CLAIMS, iss: 'https://evil.example.com' }),
  'without an issuer': signed(HEADER, { ...CLAIMS, iss: undefined }),
  'for another audience': signed(HEADER, { ...CLAIMS, aud: 'other' }),
  'for other audiences': signed(HEADER, { ...CLAIMS, aud: ['other', 'chats'] }),
  'for an audience inside a text': signed(HEADER, { ...CLAIMS, aud: 'a chat' }),
  'by another secret': signed(HEADER, CLAIMS, 'another secret of more than thirty-two bytes'),
  'that says none': signed({ ...HEADER, alg: 'none' }, CLAIMS),
  'that says HS512': signed({ ...HEADER, alg: 'HS512' }, CLAIMS),
  'of another type': signed({ ...HEADER, typ: 'redisim-ticket+jwt' }, CLAIMS),
  'without a type': signed({ alg: 'HS256' }, CLAIMS),
  'with something critical': signed({ ...HEADER, crit: ['exp'], exp: 1 }, CLAIMS),
  'whose header is no object': signed('[]', CLAIMS),
  'whose header is no JSON': signed('{', CLAIMS),
  'whose claims are no object': signed(HEADER, '"alice"'),
  'whose claims are null': signed(HEADER, 'null'),
  'without a signature': `${good.split('.').slice(0, 2).join('.')}.`,
  'with half a signature': good.slice(0, -20),
  'with more behind it': `${good}.more`,
  'with other claims': [good.split('.')[0], part({ ...CLAIMS, sub: 'bob' }), good.split('.')[2]].join('.'),
  'of nothing': '',
  'of dots': '..',
};

for (const [name, token] of Object.entries(TAKEN)) {
  test(`a token ${name} is taken at once, as jose takes it`, async () => {
    const claims = claimsAtOnce(token, key, EXPECTED);
    assert.ok(claims);
    assert.deepEqual(claims, await byJose(token));
  });
}

for (const [name, token] of Object.entries(LEFT_TO_JOSE)) {
  test(`a token ${name} is left to jose, which refuses it`, async () => {
    assert.equal(claimsAtOnce(token, key, EXPECTED), undefined);
    assert.equal(await byJose(token), undefined);
  });
}
