import type { Gid } from '../../../src/domain/names.ts';
import { uid as asUid } from '../../helpers/im.ts';
import { step } from '../life.ts';
import { link, putUser, removeUser, unlink } from '../model/people.ts';
import { anyFields, anyUid } from '../names.ts';

/** Users come, go and link. */

const put = step<{ name: string; fields: Record<string, string> }>(
  'putUser',
  { name: anyUid, fields: anyFields },
  ({ world, node, agree }, { name: uid, fields }) =>
    agree(
      () => putUser(world, uid, fields),
      () => node.users.replace(asUid(uid), fields),
    ),
);

const remove = step<{ name: string }>('removeUser', { name: anyUid }, async ({ world, node, agree }, { name: uid }) => {
  // Redis alone knows in which order a user leaves its groups.
  const logs = await node.redis.hkeys(node.keys.read(asUid(uid)));
  const order = logs.filter((log) => log.startsWith('gs:')).map((log) => log.slice(3) as Gid);
  await agree(
    () => removeUser(world, uid, order),
    () => node.users.remove(asUid(uid)),
  );
});

const addContact = step<{ uid: string; peer: string }>(
  'link',
  { uid: anyUid, peer: anyUid },
  ({ world, node, agree }, { uid, peer }) =>
    agree(
      () => link(world, uid, peer),
      () => node.contacts.link(asUid(uid), asUid(peer)),
      ({ created }) => created,
    ),
);

const removeContact = step<{ uid: string; peer: string }>(
  'unlink',
  { uid: anyUid, peer: anyUid },
  ({ world, node, agree }, { uid, peer }) =>
    agree(
      () => unlink(world, uid, peer),
      () => node.contacts.unlink(asUid(uid), asUid(peer)),
    ),
);

export const PEOPLE = [put, put, remove, addContact, removeContact];
