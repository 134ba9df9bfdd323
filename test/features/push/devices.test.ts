import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Devices } from '../../../src/features/push/devices.ts';
import { uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { im } = useIm();

test('without a key nothing is pushed to browsers, and phones are as ever', async () => {
  await im.people('alice');
  const devices = new Devices({ store: im.store, consumers: im.consumers, checkEndpoint: undefined });
  const keys = { p256dh: '', auth: '' };
  await assert.rejects(
    devices.put(uid('alice'), 'laptop', { kind: 'web', endpoint: 'https://push.example.com', keys }),
    {
      code: 'push_off',
      message: /VAPID_PRIVATE_KEY/,
    },
  );
  assert.equal((await devices.put(uid('alice'), 'phone', { kind: 'fcm', token: 't' })).created, true);
});

test('the journal is written for pushes while somebody has a device, and not before or after', async () => {
  await im.people('alice', 'bob');
  const entries = () => im.redis.xlen(im.keys.journal());
  await im.say('alice', 'user:bob', 'before');
  assert.deepEqual([await entries(), await im.redis.hget(im.keys.meta(), 'wants')], [0, null]);
  await im.devices.put(uid('bob'), 'phone', { kind: 'fcm', token: 't' });
  await im.say('alice', 'user:bob', 'pushed');
  assert.equal(await entries(), 1);
  assert.equal(await im.devices.rest(), false);
  await im.devices.remove(uid('bob'), 'phone');
  assert.equal(await im.devices.rest(), true);
  await im.say('alice', 'user:bob', 'after');
  assert.deepEqual([await entries(), await im.redis.hget(im.keys.meta(), 'wants')], [0, null]);
  assert.equal(await im.redis.exists(im.keys.pushSpaces(), im.keys.journalConsumers()), 0);
});
