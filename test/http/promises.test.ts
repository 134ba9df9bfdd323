import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_KEY } from '../helpers/service.ts';
import { useService } from '../helpers/use.ts';

const USERS = Array.from({ length: 20 }, (_, i) => `u${i}`);
const GROUPS = Array.from({ length: 5 }, (_, i) => `g${i}`);
const SENDS = 2_000;
const CONCURRENCY = 32;

const { service } = useService({ config: { logLevel: 'warn' } });

interface Item {
  cursor: string;
  id: string;
  conversation: string;
  from: string;
  action?: string;
  fields: { text: string };
}

/** Group g has the users whose number leaves one of three remainders: each is in about three groups. */
const membersOf = (group: number) => USERS.filter((_, i) => (i + group) % 5 < 3);

async function post(path: string, body: object): Promise<{ status: number; id: string }> {
  const answer = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, id: ((await answer.json()) as { id: string }).id };
}

async function inboxOf(uid: string): Promise<Item[]> {
  const items: Item[] = [];
  let start = '0';
  for (;;) {
    const { body } = await service.server.get(`/v1/users/${uid}/inbox?start=${start}&count=100&block=0`).expect(200);
    assert.equal(body.gap, undefined);
    if (body.items.length === 0) return items;
    items.push(...body.items);
    start = body.next;
  }
}

test('2,000 sends at once between 20 users and 5 overlapping groups: everything once, one order for all', async () => {
  await service.people(...USERS);
  for (const [i, gid] of GROUPS.entries()) await service.team(gid, ...(membersOf(i) as [string, ...string[]]));

  // Who must get which text, from which conversation.
  const expected = new Map(USERS.map((uid) => [uid, new Map<string, string>()]));
  const plan = Array.from({ length: SENDS }, (_, i) => {
    const from = USERS[(i * 7) % USERS.length]!;
    const groups = GROUPS.filter((_gid, g) => membersOf(g).includes(from));
    const isDirect = i % 2 === 0;
    const peer = USERS[(i * 3 + 1) % USERS.length]!;
    const gid = groups[i % groups.length]!;
    const recipients = isDirect ? [from, peer] : membersOf(GROUPS.indexOf(gid));
    for (const uid of recipients) {
      const seen = isDirect ? `user:${uid === from ? peer : from}` : `group:${gid}`;
      expected.get(uid)!.set(`text ${i}`, seen);
    }
    return { from, conversation: isDirect ? `user:${peer}` : `group:${gid}`, text: `text ${i}` };
  });

  const ids = new Map<string, string>();
  let next = 0;
  const worker = async () => {
    for (let job = plan[next++]; job; job = plan[next++]) {
      const path = `/v1/users/${job.from}/conversations/${job.conversation}/messages`;
      const { status, id } = await post(path, { fields: { text: job.text } });
      assert.equal(status, 201);
      ids.set(job.text, id);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));

  /** The order of each log, as the first reader saw it. */
  const orders = new Map<string, string[]>();
  for (const uid of USERS) {
    const items = await inboxOf(uid);
    items.forEach((item, n) => {
      assert.equal(item.cursor.split('-')[1], String(n), `${uid}: no hole`);
    });
    const messages = items.filter((item) => item.action === undefined);
    const got = new Map(messages.map((item) => [item.fields.text, item.conversation]));
    assert.equal(got.size, messages.length, `${uid}: nothing twice`);
    assert.deepEqual(
      new Map([...got].sort()),
      new Map([...expected.get(uid)!].sort()),
      `${uid}: all of it, and no more`,
    );
    for (const item of messages) assert.equal(item.id, ids.get(item.fields.text), 'the id that the sender was told');

    for (const conversation of new Set(messages.map((item) => item.conversation))) {
      const order = messages.filter((item) => item.conversation === conversation).map((item) => item.id);
      const sequence = order.map((id) => Number(id.split('-')[1]));
      assert.deepEqual(
        sequence,
        [...sequence].sort((a, b) => a - b),
        `${uid} ${conversation}: in the order of the log`,
      );
      const log = conversation.startsWith('group:') ? conversation : [uid, conversation.slice(5)].sort().join(' ');
      assert.deepEqual(order, orders.get(log) ?? order, `${log}: the same order for everybody`);
      orders.set(log, order);
    }
  }
  assert.equal(orders.size > GROUPS.length, true);
});
