import assert from 'node:assert/strict';
import { createECDH } from 'node:crypto';
import { test } from 'node:test';
import { useService } from '../../helpers/use.ts';

const PRIVATE_KEY = 'nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY';
const { service } = useService({
  config: { vapidPrivateKey: PRIVATE_KEY },
  prepare: (started) => started.people('alice', 'bob'),
});

/** Of a browser that nobody has. */
const KEYS = {
  p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
};
const ENDPOINT = 'https://push.example.com/x';
const web = { kind: 'web', endpoint: ENDPOINT, keys: KEYS };
const fcm = (token: string) => ({ kind: 'fcm', token });
const path = (uid: string, device: string) => `/v1/users/${uid}/devices/${device}`;
const devicesOf = async (uid: string): Promise<string[]> =>
  (await service.server.get(`/v1/users/${uid}/devices`).expect(200)).body.items.map(
    ({ device }: { device: string }) => device,
  );

test('a device is made, set up anew, listed, read and removed; its address is told to nobody', async () => {
  const alice = await service.user('alice');
  const made = await alice.put(path('me', 'laptop'), web).expect(201);
  assert.deepEqual(Object.keys(made.body), ['device', 'kind', 'createdAt']);
  assert.deepEqual(
    (await alice.put(path('me', 'laptop'), { ...web, endpoint: `${ENDPOINT}2` }).expect(200)).body,
    made.body,
  );
  await alice.put(path('me', 'phone'), { kind: 'apns', token: 'ab12' }).expect(201);
  const { body: list } = await service.server.get('/v1/users/alice/devices').expect(200);
  assert.deepEqual(
    list.items.map(({ device, kind }: { device: string; kind: string }) => [device, kind]),
    [
      ['laptop', 'web'],
      ['phone', 'apns'],
    ],
  );
  assert.deepEqual((await alice.get(path('me', 'laptop')).expect(200)).body, made.body);
  await alice.delete(path('me', 'laptop')).expect(204);
  assert.equal((await alice.get(path('me', 'laptop')).expect(404)).body.code, 'device_not_found');
  await alice.delete(path('me', 'phone')).expect(204);
  assert.equal(await service.redis.exists(service.keys.devices('alice' as never), service.keys.usersWithDevices()), 0);
});

test('an address is one device’s alone: of who was last registered with it', async () => {
  await service.server.put(path('alice', 'browser'), web).expect(201);
  await service.server.put(path('alice', 'phone'), fcm('t-1')).expect(201);
  await service.server.put(path('bob', 'browser'), web).expect(201);
  assert.deepEqual([await devicesOf('alice'), await devicesOf('bob')], [['phone'], ['browser']]);
  await service.server.put(path('alice', 'other'), fcm('t-1')).expect(201);
  assert.deepEqual(await devicesOf('alice'), ['other']);
  for (const name of ['alice/devices/other', 'bob/devices/browser']) {
    await service.server.delete(`/v1/users/${name}`).expect(204);
  }
  assert.equal(await service.redis.exists(service.keys.pushAddresses()), 0);
});

test('a user has twenty devices at most', async () => {
  for (let i = 0; i < 20; i++) await service.server.put(path('bob', `d${i}`), fcm(`t-${i}`)).expect(201);
  const { body } = await service.server.put(path('bob', 'd20'), fcm('t-20')).expect(409);
  assert.equal(body.code, 'too_many_devices');
  assert.match(body.detail, /Remove one with DELETE/);
  await service.server.put(path('bob', 'd0'), fcm('t-20')).expect(200);
  // The same phone under another name is none more.
  await service.server.put(path('bob', 'd20'), fcm('t-1')).expect(201);
  assert.equal((await service.server.put(path('nobody', 'd'), fcm('t')).expect(404)).body.code, 'user_not_found');
});

test('what nothing can be pushed to is refused, with what to change', async () => {
  const cases: [body: object, expected: RegExp][] = [
    [{ kind: 'web', endpoint: ENDPOINT }, /has an "endpoint" and "keys"/],
    [{ ...web, token: 'x' }, /no "token"/],
    [{ kind: 'fcm' }, /has a "token"/],
    [{ kind: 'apns', token: 'x', endpoint: ENDPOINT }, /neither "endpoint" nor "keys"/],
    [{ kind: 'sms', token: 'x' }, /web.*fcm.*apns/],
    [{ ...web, keys: { ...KEYS, p256dh: KEYS.p256dh.slice(0, -2) } }, /65 bytes/],
    [{ ...web, keys: { ...KEYS, p256dh: `BA${'A'.repeat(85)}` } }, /65 bytes of P-256/],
    [{ ...web, keys: { ...KEYS, auth: 'AAAA' } }, /16 bytes/],
    [{ ...web, keys: { ...KEYS, auth: 'not/base64+url' } }, /not base64url/],
    [{ ...web, endpoint: 'http://push.example.com/x' }, /begins with https:/],
    [{ ...web, endpoint: 'https://user:secret@push.example.com/x' }, /no user and password/],
    [{ ...web, endpoint: 'https://127.0.0.1/x' }, /WEBHOOK_ALLOW_PRIVATE/],
    [{ ...web, endpoint: 'https://[::ffff:10.0.0.1]/x' }, /private network/],
    [{ kind: 'fcm', token: 'with spaces' }, /is no token/],
  ];
  for (const [body, expected] of cases) {
    const answer = await service.server.put(path('alice', 'laptop'), body).expect(400);
    assert.match(JSON.stringify(answer.body).replaceAll('\\"', '"'), expected);
  }
  const { body } = await service.server.put(path('alice', 'a%20b'), fcm('t')).expect(400);
  assert.match(JSON.stringify(body), /no name of a device/);
  assert.deepEqual(await devicesOf('alice'), []);
});

test('a page reads the public key of the private one', async () => {
  const { body } = await (await service.user('alice')).get('/v1/push').expect(200);
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(Buffer.from(PRIVATE_KEY, 'base64url'));
  assert.equal(body.publicKey, ecdh.getPublicKey('base64url'));
});

test('a user who was removed has no devices, nor has the next one of the name', async () => {
  const addresses = () => service.redis.hlen(service.keys.pushAddresses());
  const before = await addresses();
  await service.server.put(path('alice', 'laptop'), web).expect(201);
  await service.server.delete('/v1/users/alice').expect(204);
  await service.people('alice');
  assert.deepEqual(await devicesOf('alice'), []);
  assert.equal(await addresses(), before);
});
