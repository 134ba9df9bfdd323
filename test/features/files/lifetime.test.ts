import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { leaseFiles } from '../../../src/features/files/commands.ts';
import { FolderStore } from '../../../src/features/files/folder-store.ts';
import { FilesJanitor } from '../../../src/features/files/janitor.ts';
import { Store } from '../../../src/redis/store.ts';
import { storedIn, upload } from '../../helpers/files.ts';
import { quiet } from '../../helpers/im.ts';
import { API_KEY } from '../../helpers/service.ts';
import { ADMIN_KEY, makeSpace, SPACES_ON } from '../../helpers/spaces.ts';
import { useService } from '../../helpers/use.ts';

/** How long a file is kept: until the last message that carries it has gone, and a day. */

const DAY = 86_400_000;
const { service } = useService({
  config: { ...SPACES_ON, logMax: 100 },
  prepare: (service) => service.people('alice', 'bob', 'carol', 'dave', 'erin', 'frank'),
});

const folder = () => (service.config.files as { path: string }).path;
let now: number;
let janitor: FilesJanitor;
beforeEach(async () => {
  now = Date.now();
  janitor = janitorHere();
  // The service's own has looked when it started.
  await service.redis.del(service.keys.filesLease());
});

const storeOf = (space = '') =>
  new Store({
    redis: service.redis,
    keys: service.keys.of(space as SpaceName),
    settings: service.config,
    onRefusedWrites: () => {},
    onNewerLevel: () => {},
  });

function janitorHere(): FilesJanitor {
  const stores = async function* () {
    yield storeOf();
  };
  return new FilesJanitor({ bytes: new FolderStore(folder()), stores, log: quiet });
}

async function uploadAs(uid: string, bytes = 'some bytes'): Promise<string> {
  const { status, body } = await upload(service, uid, bytes, { credential: API_KEY });
  assert.equal(status, 201, JSON.stringify(body));
  return body.id;
}

const path = (uid: string, to: string) => `/v1/users/${uid}/conversations/${to}/messages`;

async function send(uid: string, to: string, ...files: string[]): Promise<string> {
  const attachments = files.map((file) => ({ file, name: 'x' }));
  return (await service.server.post(path(uid, to), { attachments }).expect(201)).body.id;
}

const erase = (uid: string, to: string, mid: string) => service.server.delete(`${path(uid, to)}/${mid}`).expect(204);
const statusFor = async (uid: string, file: string) =>
  (await service.server.get(`/v1/users/${uid}/files/${file}`)).status;
const isStored = async (file: string) => (await storedIn(folder())).includes(file);
const pendingOf = (uid: string) => service.redis.hkeys(service.keys.pendingFiles(uid as never));
/** The janitor comes by, so much later. */
const after = async (ms: number) => {
  now += ms;
  await janitor.lookAtAll(now);
};

/** Fails unless nothing at all is left of a file. */
async function assertGone(file: string): Promise<void> {
  assert.equal(await isStored(file), false);
  assert.deepEqual(await service.redis.keys(`${service.keys.prefix}f[im]:${file}`), []);
  assert.equal(await service.redis.zscore(service.keys.files(), file), null);
  assert.equal(await service.redis.scard(service.keys.fileRemovals()), 0);
}

test('what no message carries is removed a day later, and is no file any more', async () => {
  const file = await uploadAs('alice');
  // Also where it is looked at before its time.
  await service.redis.zadd(service.keys.files(), '0', file);
  await after(DAY - 60_000);
  assert.equal(await statusFor('alice', file), 200);
  await after(120_000);
  assert.equal(await statusFor('alice', file), 404);
  await assertGone(file);
  assert.deepEqual(await pendingOf('alice'), []);
  await service.server.post(path('alice', 'user:bob'), { attachments: [{ file, name: 'x' }] }).expect(404);
});

test('a file lives as long as a message carries it, however often the janitor looks', async () => {
  const file = await uploadAs('alice');
  await send('alice', 'user:bob', file);
  for (let days = 0; days < 5; days++) await after(DAY + 1_000);
  assert.equal(await statusFor('bob', file), 200);
});

test('an erased message frees its files: at once for others, and a day later of all; but not what another one carries', async () => {
  const [file, other] = [await uploadAs('alice'), await uploadAs('alice')];
  const mid = await send('alice', 'user:bob', file, other);
  await send('bob', 'user:carol', file);
  await erase('alice', 'user:bob', mid);
  assert.deepEqual([await statusFor('bob', file), await statusFor('bob', other)], [200, 404]);
  assert.deepEqual(await pendingOf('alice'), [other]);
  // Its uploader may send it anew, for a day.
  assert.equal(await statusFor('alice', other), 200);
  await after(DAY + 10_000);
  await assertGone(other);
  assert.equal(await statusFor('carol', file), 200);
});

test('a file that is sent anew within the day stays', async () => {
  const file = await uploadAs('alice');
  await erase('alice', 'user:bob', await send('alice', 'user:bob', file));
  await send('alice', 'user:carol', file);
  assert.deepEqual(await pendingOf('alice'), []);
  await after(2 * DAY);
  assert.deepEqual([await statusFor('carol', file), await statusFor('bob', file)], [200, 404]);
});

test('a message that retention has taken, or whose group is gone, carries nothing', async () => {
  await service.server.put('/v1/groups/gone', { fields: {}, owner: 'alice' }).expect(201);
  const [trimmed, removed] = [await uploadAs('alice'), await uploadAs('alice')];
  await send('alice', 'user:erin', trimmed);
  await send('alice', 'group:gone', removed);
  await service.redis.xtrim(service.keys.log('ds:alice:erin' as never), 'MAXLEN', 0);
  await service.server.delete('/v1/groups/gone').expect(204);
  assert.deepEqual([await statusFor('erin', trimmed), await statusFor('bob', removed)], [404, 404]);
  // It is seen the next time that it is looked at, and a day later it goes.
  await after(DAY + 10_000);
  assert.deepEqual([await isStored(trimmed), await isStored(removed)], [true, true]);
  assert.deepEqual((await pendingOf('alice')).sort(), [trimmed, removed].sort());
  await after(DAY + 10_000);
  await assertGone(trimmed);
  await assertGone(removed);
});

test('of a user who is removed what it has not sent goes at once, and the rest with its messages', async () => {
  const [unsent, sent] = [await uploadAs('dave'), await uploadAs('dave')];
  const mid = await send('dave', 'user:bob', sent);
  await service.server.delete('/v1/users/dave').expect(204);
  await after(1_000);
  await assertGone(unsent);
  assert.equal(await statusFor('bob', sent), 200);
  // The next one of the name has nothing of it.
  await service.people('dave');
  assert.equal(await statusFor('dave', sent), 404);
  await service.server.post(path('dave', 'user:carol'), { attachments: [{ file: sent, name: 'x' }] }).expect(404);
  await service.redis.xdel(service.keys.log('ds:bob:dave' as never), mid);
  await after(DAY + 10_000);
  assert.deepEqual(await pendingOf('dave'), []);

  const erased = await uploadAs('frank');
  await send('frank', 'user:bob', erased);
  await service.server.delete('/v1/users/frank?messages=erase').expect(204);
  assert.equal(await statusFor('bob', erased), 404);
  await after(DAY + 10_000);
  await assertGone(erased);
});

test('one node looks at a time, and another goes on with what one has not finished', async () => {
  const file = await uploadAs('alice');
  now += DAY + 10_000;
  await storeOf().run(leaseFiles, { node: 'another', ms: 60_000 });
  const other = janitorHere();
  await other.lookAtAll(now);
  assert.equal(await isStored(file), true);
  // The one that had it ends between the note and the bytes.
  await service.redis.del(service.keys.filesLease());
  await service.redis.sadd(service.keys.fileRemovals(), '0'.repeat(32));
  await other.lookAtAll(now);
  await assertGone(file);
  await service.redis.del(service.keys.filesLease());
});

test('what a node has left that ended in the middle of an upload is found', async () => {
  const file = await uploadAs('alice');
  const at = join(folder(), 'default', file.slice(0, 2), file);
  await rm(at);
  await writeFile(`${at}.part`, 'half');
  await service.redis.hdel(service.keys.file(file as never), 'size');
  assert.equal(await statusFor('alice', file), 404);
  await service.server.post(path('alice', 'user:bob'), { attachments: [{ file, name: 'x' }] }).expect(404);
  await after(DAY + 10_000);
  await assertGone(file);
  assert.deepEqual(
    await storedIn(join(folder(), 'default', file.slice(0, 2))).then((names) =>
      names.filter((name) => name.startsWith(file)),
    ),
    [],
  );
});

test('each space has files of its own, which go with it', async () => {
  const acme = await makeSpace(service, 'acme', {}, 'alice', 'bob');
  const { body } = await upload(service, 'alice', 'of acme', { credential: acme.serverKey });
  const attachments = [{ file: body.id, name: 'x' }];
  await acme.server.post(path('alice', 'user:bob'), { attachments }).expect(201);
  await acme.server.get(`/v1/users/bob/files/${body.id}`).expect(200);
  await service.server.get(`/v1/users/alice/files/${body.id}`).expect(404);
  await service.server.post(path('alice', 'user:bob'), { attachments }).expect(404);
  assert.deepEqual(await storedIn(join(folder(), 'acme')), [body.id]);
  const unsent = await upload(service, 'alice', 'of acme', { credential: acme.serverKey });
  await janitor.look(storeOf('acme'), now + DAY + 10_000);
  assert.deepEqual(await storedIn(join(folder(), 'acme')), [body.id], unsent.body.id);
  await service.with(ADMIN_KEY).delete('/v1/spaces/acme').expect(204);
  while ((await service.with(ADMIN_KEY).get('/v1/spaces/acme')).status !== 404);
  assert.deepEqual(await storedIn(join(folder(), 'acme')), []);
  assert.deepEqual(await service.redis.keys(`${service.keys.prefix}@acme:*`), []);
});
