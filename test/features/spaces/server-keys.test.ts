import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { removeUser } from '../../../src/features/users/commands.ts';
import { Store } from '../../../src/redis/store.ts';
import { eventually } from '../../helpers/delivery.ts';
import { uid } from '../../helpers/im.ts';
import { startService } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';
import { ADMIN_KEY, makeSpace, SPACES_ON, type TestSpace } from '../../helpers/spaces.ts';
import { useTwoNodes } from '../../helpers/use.ts';

/** What was opened by a server key of a space, once there is another key. */

const { redis: server, one: service } = useTwoNodes(SPACES_ON);

const follow = (key: string) => SocketClient.live(service, '/v1/users/bob/inbox/socket', key);
const rotate = async ({ name }: TestSpace, graceSeconds: number): Promise<string> => {
  const path = `/v1/spaces/${name}/server-key`;
  return (await service.with(ADMIN_KEY).post(path, { graceSeconds }).expect(201)).body.serverKey;
};
const byeOf = ({ frames }: SocketClient) => frames.find(({ event }) => event === 'bye')?.data?.reason;

test("a former key's streams live until its grace ends, and the new key's go on", async () => {
  const acme = await makeSpace(service, 'acme', {}, 'alice', 'bob');
  const former = await follow(acme.serverKey);
  const later = await follow(await rotate(acme, 1));
  await acme.say('alice', 'user:bob', 'in the grace');
  for (const one of [former, later]) await one.until(() => one.texts.includes('in the grace'), 'the message');
  await former.until(() => byeOf(former), 'the end of the grace');
  assert.equal(byeOf(former), 'token_expired');
  const key = await rotate(acme, 0);
  await later.until(() => byeOf(later), 'the end of a key without grace');
  const last = await follow(key);
  await service
    .with(key)
    .post('/v1/users/alice/conversations/user:bob/messages', { fields: { text: 'after' } })
    .expect(201);
  await last.until(() => last.texts.includes('after'), 'the message after it');
  assert.equal(byeOf(last), undefined);
  last.ws.terminate();
});

test("that a user signs out ends no stream of a server key, be that one's time limited or not", async () => {
  const acme = await makeSpace(service, 'globex', {}, 'alice', 'bob');
  const key = await rotate(acme, 600);
  const streams = [await follow(acme.serverKey), await follow(key)];
  const ofUser = await follow(await acme.tokenOf('bob'));
  await service.with(key).delete('/v1/users/bob/tokens').expect(204);
  await ofUser.until(() => byeOf(ofUser), "the end of the user's own");
  await acme.say('alice', 'user:bob', 'after it');
  for (const one of streams) {
    await one.until(() => one.texts.includes('after it'), 'the message');
    assert.equal(byeOf(one), undefined);
    one.ws.terminate();
  }
});

test('a removal that was interrupted in a space is gone on with when a node starts', async () => {
  const initech = await makeSpace(service, 'initech', {}, 'alice', 'bob');
  const { link, config } = service;
  const shared = { settings: config, onRefusedWrites: () => {}, onNewerLevel: () => {} };
  const store = Store.over([link.partition], config.keyPrefix, shared).of(initech.name as SpaceName);
  const { redis, keys } = store;
  await store.run(removeUser, { uid: uid('bob'), erasesMessages: false });
  assert.deepEqual(await redis.smembers(keys.unfinished()), [initech.name]);
  const node = await startService(server, config);
  await eventually(async () => (await redis.exists(keys.removals())) === 0, 'the end of the removal');
  assert.deepEqual(await redis.smembers(keys.unfinished()), []);
  await initech.server.put('/v1/users/bob', { fields: {} }).expect(201);
  await node.close();
});
