import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { eventually } from '../../helpers/delivery.ts';
import { JWT_SECRET, type Service, startService } from '../../helpers/service.ts';
import { useTwoNodes } from '../../helpers/use.ts';

const { redis, one, other } = useTwoNodes();

/** A token without `iat`, or with another one. */
const tokenOf = (uid: string, issuedAt?: number) => {
  const token = new SignJWT({ sub: uid }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime('1h');
  return (issuedAt === undefined ? token : token.setIssuedAt(issuedAt)).sign(Buffer.from(JWT_SECRET));
};

test("a removed user's token is refused on every node, and makes nobody anew", async () => {
  await one.people('alice', 'bob');
  await one.say('alice', 'user:bob', 'secret');
  const here = await one.user('alice');
  const there = other.with((await one.server.post('/v1/tokens', { uid: 'alice' }).expect(201)).body.token);
  await there.get('/v1/users/me').expect(200);
  await one.server.delete('/v1/users/alice').expect(204);
  for (const [caller, service] of [
    [here, one],
    [there, other],
  ] as const) {
    await eventually(async () => (await caller.get('/v1/users/me')).status === 401, 'the token to be refused');
    const refused = await caller.put('/v1/users/me', { fields: {} }).expect(401);
    assert.match(refused.body.detail, /before its user was removed/);
    assert.equal(refused.body.code, 'user_removed');
    assert.match(String(refused.headers['www-authenticate']), /error="invalid_token"/);
    await caller.get('/v1/users/me/conversations/user:bob/messages').expect(401);
    await service.server.get('/v1/users/alice').expect(404);
  }
  await one
    .with(await tokenOf('alice'))
    .get('/v1/users/me')
    .expect(401);
});

test('a new user of the name is let in at once, with a new token, and still the former one is not', async () => {
  await one.people('carol', 'dave');
  const former = await one.user('carol');
  await former.get('/v1/users/me').expect(200);
  await one.server.delete('/v1/users/carol').expect(204);
  const { body } = await one.server.post('/v1/tokens', { uid: 'carol', create: true }).expect(201);
  await one.with(body.token).get('/v1/users/me').expect(200);
  await one
    .with(body.token)
    .put('/v1/users/me', { fields: { name: 'Carol the second' } })
    .expect(200);
  await former.get('/v1/users/me').expect(401);
});

test('tokens that are older than what a node remembers are looked up', async () => {
  await one.people('erin', 'frank');
  const old = Math.floor(Date.now() / 1_000) - 40 * 86_400;
  const erin = one.with(await tokenOf('erin', old));
  await erin.get('/v1/users/me').expect(200);
  await one.server.delete('/v1/users/erin').expect(204);
  await one.redis.zadd(one.keys.revoked(), old + 5, 'erin');
  await one.people('erin');
  await erin.get('/v1/users/me').expect(401);
  await one
    .with(await tokenOf('erin', old + 6))
    .get('/v1/users/me')
    .expect(200);
});

test('a node that starts later, or missed the news, knows it all the same', async () => {
  await one.people('gus');
  await one.say('gus', 'user:gus', 'the feed has something');
  const token = (await one.server.post('/v1/tokens', { uid: 'gus' }).expect(201)).body.token;
  await other.with(token).get('/v1/users/me').expect(200);
  const stream = await fetch(`${other.url}/v1/users/me/inbox/stream`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  });
  // Somebody else's write, which the feed does not tell; then a hole in the feed.
  await one.redis.zadd(one.keys.revoked(), Math.floor(Date.now() / 1_000) + 1, 'gus');
  await one.redis.xtrim(one.keys.feed(), 'MAXLEN', 0);
  const last = (await one.redis.xinfo('STREAM', one.keys.feed())) as unknown[];
  const [ms, seq] = String(last[last.indexOf('last-generated-id') + 1]).split('-');
  await one.redis.xadd(one.keys.feed(), `${ms}-${Number(seq) + 5}`, 'log', 'gs:none', 'mid', '1-1', 'to', '');
  assert.match(await stream.text(), /event: bye\ndata: \{"reason":"token_revoked"/);
  await other.with(token).get('/v1/users/me').expect(401);
  const later = await startService(redis, { keyPrefix: one.config.keyPrefix });
  try {
    await later.with(token).get('/v1/users/me').expect(401);
  } finally {
    await later.close();
  }
});

test('the streams of a removed user end at once, on every node', async () => {
  await one.people('hal');
  const streams = [one, other].map(async (service) => {
    const answer = await fetch(`${service.url}/v1/users/hal/inbox/stream?start=0`, {
      headers: { authorization: `Bearer ${(await one.server.post('/v1/tokens', { uid: 'hal' })).body.token}` },
    });
    return answer.text();
  });
  const opened = async (service: Service) =>
    /redisim_subscribers\{state="live"\} 1\b/.test((await service.server.get('/metrics')).text);
  await eventually(async () => (await opened(one)) && (await opened(other)), 'two live streams');
  await one.server.delete('/v1/users/hal').expect(204);
  for (const text of await Promise.all(streams)) assert.match(text, /event: bye\ndata: \{"reason":"user_removed"/);
});
