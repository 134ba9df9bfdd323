import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpaceName } from '../../../src/domain/spaces.ts';
import { Logs } from '../../../src/features/messages/logs.ts';
import { closeSpace, REMOVED, sweepSpace } from '../../../src/features/spaces/commands.ts';
import { Spaces } from '../../../src/features/spaces/spaces.ts';
import { Users } from '../../../src/features/users/users.ts';
import { uid } from '../../helpers/im.ts';
import { useIm } from '../../helpers/use.ts';

const { im } = useIm();
const acme = 'acme' as SpaceName;
const removal = { name: acme, mark: REMOVED, isLeft: false };
const keys = () => im.keys.of(acme);

test('a sweep takes nothing of a space that is not being removed', async () => {
  const spaces = new Spaces(im.store);
  await spaces.put(acme, {});
  const found = [keys().user(uid('alice'))];
  await im.redis.hset(found[0]!, 'createdAt', 1);
  assert.equal(await im.store.run(sweepSpace, { ...removal, found }), false);
  assert.equal(await im.redis.exists(...found), 1);
  await im.store.run(closeSpace, removal);
  assert.equal(await im.store.run(sweepSpace, { ...removal, found }), true);
  assert.equal(await im.redis.exists(...found), 0);
});

test('no script works for a space that is being removed, or that there is not', async () => {
  const spaces = new Spaces(im.store);
  const ofAcme = im.store.of(acme);
  const create = () => new Users(ofAcme, new Logs(ofAcme)).ensure(uid('alice'), {});
  await assert.rejects(create(), { code: 'space_removed' });
  await spaces.put(acme, {});
  await im.store.run(closeSpace, removal);
  await assert.rejects(create(), { code: 'space_removed' });
  assert.equal(await im.redis.exists(keys().user(uid('alice'))), 0);
  await assert.rejects(spaces.put(acme, {}), { code: 'space_removed' });
});

test('a new space begins beyond the epoch of every one that was removed, whatever the clock says', async () => {
  const spaces = new Spaces(im.store);
  await spaces.put(acme, {});
  const ahead = `${Date.now() + 86_400_000}`;
  await im.redis.hset(keys().meta(), 'epoch', ahead);
  await spaces.remove(acme);
  await spaces.finishRemoval(acme);
  assert.deepEqual(await im.redis.keys(`${keys().prefix}*`), []);
  await spaces.put(acme, {});
  assert.ok(Number(await im.redis.hget(keys().meta(), 'epoch')) > Number(ahead));
});

test('of two changes of a space at once none is lost', async () => {
  const [one, other] = [new Spaces(im.store), new Spaces(im.store)];
  await one.put(acme, {});
  await Promise.all([
    other.put(acme, { limits: { users: 7 } }),
    ...Array.from({ length: 5 }, () => one.rotate(acme, 60)),
  ]);
  assert.deepEqual((await one.get(acme)).limits, { users: 7 });
});

test('a removal that is repeated in the moment in which the first one ends is no error', async () => {
  const spaces = new Spaces(im.store);
  for (let round = 0; round < 100; round++) {
    await spaces.put(acme, {});
    await spaces.remove(acme);
    let isOver = false;
    const ending = spaces.finishRemoval(acme).finally(() => {
      isOver = true;
    });
    const repeat = async () => {
      while (!isOver) await spaces.remove(acme);
    };
    await Promise.all([ending, repeat(), repeat(), repeat()]);
    await spaces.finishRemoval(acme);
    assert.equal(await spaces.read(acme), undefined);
  }
});
