import fc from 'fast-check';
import type { Gid } from '../../../src/domain/names.ts';
import type { DirectPolicy } from '../../../src/domain/policy.ts';
import { uid as asUid } from '../../helpers/im.ts';
import { step } from '../life.ts';
import { block, link, putUser, removeUser, unblock, unlink } from '../model/people.ts';
import { anyFields, anyUid } from '../names.ts';

/** Users come and go, link and block. */

const put = step<{ name: string; fields: Record<string, string>; directPolicy: DirectPolicy | undefined }>(
  'putUser',
  {
    name: anyUid,
    fields: anyFields,
    directPolicy: fc.constantFrom('anyone', 'anyone', 'contacts', undefined) as fc.Arbitrary<DirectPolicy | undefined>,
  },
  ({ world, node, agree }, { name: uid, fields, directPolicy }) =>
    agree(
      () => putUser(world, uid, fields, directPolicy).directPolicy,
      () => node.users.replace(asUid(uid), fields, { directPolicy }),
      (answer) => answer.user.directPolicy,
    ),
);

const remove = step<{ name: string; erasesMessages: boolean }>(
  'removeUser',
  { name: anyUid, erasesMessages: fc.boolean() },
  async ({ world, node, agree }, { name: uid, erasesMessages }) => {
    // Redis alone knows in which order a user leaves its groups.
    const logs = await node.redis.hkeys(node.keys.read(asUid(uid)));
    const left = await node.redis.hkeys(node.keys.left(asUid(uid)));
    const order = logs.filter((log) => log.startsWith('gs:')).map((log) => log.slice(3) as Gid);
    await agree(
      () => removeUser(world, uid, order, erasesMessages ? [...logs, ...left] : undefined),
      () => node.users.remove(asUid(uid), { erasesMessages }),
    );
  },
);

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

const blockIt = step<{ uid: string; peer: string }>(
  'block',
  { uid: anyUid, peer: anyUid },
  ({ world, node, agree }, { uid, peer }) =>
    agree(
      () => block(world, uid, peer),
      () => node.blocks.block(asUid(uid), asUid(peer)),
      ({ created }) => created,
    ),
);

const unblockIt = step<{ uid: string; peer: string }>(
  'unblock',
  { uid: anyUid, peer: anyUid },
  ({ world, node, agree }, { uid, peer }) =>
    agree(
      () => unblock(world, uid, peer),
      () => node.blocks.unblock(asUid(uid), asUid(peer)),
    ),
);

export const PEOPLE = [put, put, remove, addContact, removeContact, blockIt, unblockIt, unblockIt];
