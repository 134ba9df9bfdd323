import assert from 'node:assert/strict';
import { ImError } from '../../src/domain/errors.ts';
import { conversation as asConversation, gid as asGid, uid as asUid, type Im, server } from '../helpers/im.ts';
import { receiptsOf } from './model/conversations.ts';
import * as views from './model/views.ts';
import { isChange, logName, Refused, type World } from './model/world.ts';
import { GIDS, UIDS } from './names.ts';

/** Whether what everybody sees is what the model says. */

const ALL = { limit: 1_000 };
/** Small, so that a history has pages. */
const PAGE = 4;

/** An answer as the model has it: without the times that the server alone knows. */
export function asTold(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (name, value) => {
    if (name === 'editedAt' || name === 'erasedAt') return true;
    // The event of a group that is gone, and a first reaction, are in no log: nothing else has their ids.
    if (value && typeof value === 'object' && (value.action === 'delete' || value.action === 'react')) {
      const { id: _, ...others } = value;
      return others;
    }
    return ['sentAt', 'linkedAt', 'createdAt', 'bannedAt', 'requestedAt'].includes(name) ? undefined : value;
  });
}

/** After a step: what whoever did it sees of what it was about. */
export async function compareLook(world: World, node: Im, { uid, to }: { uid?: string; to?: string }): Promise<void> {
  if (uid === undefined || !world.users.has(uid)) return;
  await compareList(world, node, uid);
  if (to === undefined) await compareInbox(world, node, uid);
  else await compareHistory(world, node, uid, to, ALL.limit);
}

/** Everything that anybody sees. */
export async function compareAll(world: World, nodes: readonly Im[]): Promise<void> {
  for (const [i, uid] of UIDS.entries()) {
    const node = nodes[i % nodes.length]!;
    if (!world.users.has(uid)) {
      assert.deepEqual(await node.users.some([asUid(uid)]), [], `there is no ${uid}`);
      continue;
    }
    const { fields, contacts } = world.users.get(uid)!;
    assert.deepEqual({ ...(await node.users.get(asUid(uid))).fields }, fields, `${uid}: fields`);
    const linked = (await node.contacts.list(asUid(uid), ALL)).items.map(({ conversation }) => conversation as string);
    assert.deepEqual(linked.sort(), [...contacts].sort(), `${uid}: contacts`);
    await compareInbox(world, node, uid);
    await compareList(world, node, uid);
    for (const name of [...UIDS.map((peer) => `user:${peer}`), ...GIDS.map((gid) => `group:${gid}`)]) {
      await compareConversation(world, node, uid, name);
    }
  }
  for (const gid of GIDS) await compareGroup(world, nodes[0]!, gid);
}

async function compareInbox(world: World, node: Im, uid: string): Promise<void> {
  const { items, gap } = await node.all(uid);
  assert.equal(gap, undefined, `${uid}: nothing is missing`);
  const wanted = world.users.get(uid)!.inbox.map(views.received);
  assert.deepEqual(asTold(items.map(({ message }) => message)), wanted, `${uid}: inbox`);
}

async function compareList(world: World, node: Im, uid: string): Promise<void> {
  const { items } = await node.conversations.list(asUid(uid), ALL);
  assert.deepEqual(asTold(items), views.conversations(world, uid), `${uid}: conversations`);
}

/** In pages, in both directions. */
async function compareHistory(world: World, node: Im, uid: string, name: string, limit: number): Promise<void> {
  const wanted = () => views.history(world, uid, name);
  const page = (range: object) => node.history.page(asUid(uid), asConversation(name), { limit, ...range });
  await compare(`${uid}: history of ${name}`, wanted, async () => {
    const all: unknown[] = [];
    for (let before: string | undefined; ; ) {
      const { items, next } = await page(before === undefined ? {} : { before });
      all.unshift(...items);
      if (next === undefined) return all;
      before = next;
    }
  });
  if (limit === ALL.limit) return;
  await compare(`${uid}: history of ${name}, forward`, wanted, async () => {
    const all: unknown[] = [];
    for (let after = '0-0'; ; ) {
      const { items, next } = await page({ after });
      all.push(...items);
      if (next === undefined) return all;
      after = next;
    }
  });
}

async function compareConversation(world: World, node: Im, uid: string, name: string): Promise<void> {
  const [me, conversation] = [asUid(uid), asConversation(name)];
  const about = `${uid}: ${name}`;
  await compareHistory(world, node, uid, name, PAGE);
  await compare(
    `${about}, summary`,
    () => {
      const wanted = views
        .conversations(world, uid)
        .find((one) => (one as { conversation: string }).conversation === name);
      if (!wanted) throw new Refused('conversation_not_found');
      return wanted;
    },
    () => node.conversations.get(me, conversation),
  );
  await compare(
    `${about}, receipts`,
    () => receiptsOf(world, uid, name),
    () => node.conversations.receipts(me, conversation),
  );
  const log = world.logs.get(logName(uid, name));
  for (const entry of log?.entries ?? []) {
    const mid = entry.id as never;
    // Those of a change are no message: once is enough.
    if (isChange(entry) && entry.seq % 4 !== 0) continue;
    await compare(
      `${about}, ${entry.seq}`,
      () => views.single(world, uid, name, entry),
      () => node.history.get(me, conversation, mid),
    );
    if (isChange(entry) || entry.action) continue;
    await compare(
      `${about}, replies to ${entry.seq}`,
      () => views.replies(world, uid, name, entry),
      async () => (await node.history.replies(me, conversation, mid, ALL)).items,
    );
    if (entry.reactors.size === 0) continue;
    await compare(
      `${about}, reactors of ${entry.seq}`,
      () => views.reactors(world, uid, name, entry),
      async () =>
        new Map(
          (await node.reactions.list(me, conversation, mid, ALL)).items.map((one) => [one.uid, new Set(one.reactions)]),
        ),
      (people) => people,
    );
  }
}

async function compareGroup(world: World, node: Im, gid: string): Promise<void> {
  await compare(
    `group ${gid}`,
    () => {
      const { owner, fields, policies, members } = world.group(gid);
      return { gid, owner, kind: 'group', fields, ...policies, members: members.size };
    },
    () => node.groups.get(asGid(gid)),
  );
  const items = (page: Promise<{ items: unknown[] }>) => page.then((found) => found.items);
  await compare(
    `members of ${gid}`,
    () => views.members(world, gid),
    () => items(node.members.list(server, asGid(gid), ALL)),
  );
  const uids = async (page: Promise<{ items: { uid: string }[] }>) => (await page).items.map(({ uid }) => uid).sort();
  await compare(
    `requests of ${gid}`,
    () => [...world.group(gid).requests].sort(),
    () => uids(node.members.requests(server, asGid(gid), ALL)),
  );
  await compare(
    `bans of ${gid}`,
    () => [...world.group(gid).bans].sort(),
    () => uids(node.bans.list(server, asGid(gid), ALL)),
  );
  for (const uid of UIDS) {
    const actor = { kind: 'user', uid: asUid(uid) } as const;
    await compare(
      `members of ${gid}, for ${uid}`,
      () => {
        if (!world.group(gid).members.has(uid)) throw new Refused('not_member');
        return views.members(world, gid);
      },
      () => items(node.members.list(actor, asGid(gid), ALL)),
    );
  }
}

/** Either the same, or refused alike. */
async function compare<Answer>(
  about: string,
  expected: () => unknown,
  actual: () => Promise<Answer>,
  told: (answer: Answer) => unknown = asTold,
): Promise<void> {
  let wanted: unknown;
  try {
    wanted = expected();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    await assert.rejects(
      actual(),
      (refusal) => refusal instanceof ImError && refusal.code === error.code,
      `${about}: ${error.code}`,
    );
    return;
  }
  assert.deepEqual(told(await actual()), wanted, about);
}
