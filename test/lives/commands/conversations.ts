import fc from 'fast-check';
import { conversation as asConversation, uid as asUid } from '../../helpers/im.ts';
import { entryOf, step } from '../life.ts';
import { hide, markRead, patchSettings, type SettingsPatch } from '../model/conversations.ts';
import { unreadTotal } from '../model/views.ts';
import { anyConversation, anyUid, anyUntil, back } from '../names.ts';

/** What one reads, mutes, archives and hides. */

const where = { uid: anyUid, to: anyConversation };

const read = step<{ uid: string; to: string; back: number; receipt: boolean }>(
  'read',
  { ...where, back, receipt: fc.boolean() },
  async ({ world, node, agree }, { uid, to, back, receipt }) => {
    const entry = entryOf(world, uid, to, back);
    if (!entry) return;
    await agree(
      () => markRead(world, uid, to, entry, receipt),
      () => node.conversations.markRead(asUid(uid), asConversation(to), entry.id as never, receipt),
    );
  },
);

const flag = fc.option(fc.boolean(), { nil: undefined });

const settings = step<{ uid: string; to: string; patch: SettingsPatch }>(
  'settings',
  {
    ...where,
    patch: fc.record({
      mutedUntil: fc.option(anyUntil, { nil: undefined, freq: 1 }),
      pinned: flag,
      archived: flag,
      markedUnread: flag,
    }) as fc.Arbitrary<SettingsPatch>,
  },
  async ({ world, node, agree }, { uid, to, patch }) => {
    const mutedUntil = patch.mutedUntil === '' ? '2020-01-01T00:00:00Z' : patch.mutedUntil;
    await agree(
      () => patchSettings(world, uid, to, patch),
      () => node.conversations.change(asUid(uid), asConversation(to), { ...patch, mutedUntil }),
    );
  },
);

const hideIt = step<{ uid: string; to: string }>('hide', where, async ({ world, node, agree }, { uid, to }) => {
  await agree(
    () => hide(world, uid, to),
    () => node.conversations.hide(asUid(uid), asConversation(to)),
  );
});

const total = step<{ uid: string }>('unread', { uid: anyUid }, async ({ world, node, agree }, { uid }) => {
  await agree(
    () => unreadTotal(world, uid),
    () => node.conversations.unread(asUid(uid)),
    (answer) => answer,
  );
});

export const CONVERSATIONS = [read, read, read, settings, hideIt, total];
