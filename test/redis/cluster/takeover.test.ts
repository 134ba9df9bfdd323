import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { Follower } from '../../helpers/follower.ts';
import { randomPrefix } from '../../helpers/redis.ts';
import { TestCluster } from '../../helpers/redis-cluster.ts';
import { type Service, startService } from '../../helpers/service.ts';

let cluster: TestCluster;
let open: { close(): Promise<void> }[] = [];

before(async () => {
  cluster = await TestCluster.start();
});
after(() => cluster?.stop());
afterEach(async () => {
  for (const one of open) await one.close();
  open = [];
});

/** Two nodes, each told of one server, that have users. */
async function twoNodes(...uids: string[]): Promise<[Service, Service]> {
  const one = await startNode(cluster.urls[0]!);
  const other = await startNode(cluster.urls.slice(1).join(',').replaceAll(',redis://', ','), one.config.keyPrefix);
  await one.people(...uids);
  return [one, other];
}

async function startNode(url: string, keyPrefix = randomPrefix()): Promise<Service> {
  const node = await startService({ target: { url } }, { keyPrefix, commandTimeoutMs: 1_000 });
  open.push(node);
  return node;
}

/** Sends until it has been done, as a client does that is told to try again; what is unknown is repeated with its id. */
async function say(node: Service, text: string): Promise<void> {
  await eventually(async () => {
    const path = '/v1/users/ann/conversations/user:bob/messages';
    const { status, body } = await node.server.post(path, {
      fields: { text },
      clientMessageId: text.replaceAll(' ', '-'),
    });
    assert.ok([200, 201, 503, 504].includes(status), JSON.stringify(body));
    return status < 300;
  }, `"${text}" is sent`);
}

/** All of an inbox: a page ends in front of a gap. */
async function inboxOf(node: Service, uid: string): Promise<string[]> {
  const texts: string[] = [];
  for (let start = '0', isDone = false; !isDone; ) {
    const { body } = await node.server.get(`/v1/users/${uid}/inbox?start=${start}&count=100`).expect(200);
    texts.push(...body.items.map((item: { fields?: { text?: string } }) => item.fields?.text));
    isDone = body.items.length === 0;
    start = body.next;
  }
  return texts;
}

describe('a replica takes over, with two nodes and who follows on each', () => {
  test('a failover by hand: nothing is lost, and everybody goes on or is told of a gap', async () => {
    const [one, other] = await twoNodes('ann', 'bob');
    const followers = await Promise.all([one, other].map((node) => Follower.open(node, 'bob')));
    open.push(...followers);
    await say(one, 'before');
    for (const follower of followers) await eventually(() => follower.texts.includes('before'), 'all are live');
    const sending = (async () => {
      for (let i = 0; i < 40; i++) await say(i % 2 ? one : other, `meanwhile ${i}`);
    })();
    await cluster.failover('{im}');
    await sending;
    await say(other, 'after');
    const all = ['before', ...Array.from({ length: 40 }, (_, i) => `meanwhile ${i}`), 'after'];
    assert.deepEqual(await inboxOf(one, 'bob'), all);
    for (const follower of followers) {
      await eventually(() => follower.texts.includes('after') || follower.gaps.length > 0, 'all hear of it');
      await eventually(() => follower.isUpTo('after'), 'all are up to date');
      if (follower.gaps.length === 0) assert.deepEqual(follower.texts, all);
    }
    await cluster.healthy();
  });

  for (const [how, harm, heal] of [
    ['killed', (server) => server.kill(), (server) => server.restart()],
    ['stopped, and goes on once another one has taken over', (server) => server.pause(), (server) => server.resume()],
  ] as [
    string,
    (server: TestCluster['servers'][number]) => unknown,
    (server: TestCluster['servers'][number]) => unknown,
  ][]) {
    test(`a master that is ${how}: no id is given twice, and everybody is told of a gap`, async () => {
      const [one, other] = await twoNodes('ann', 'bob');
      const followers = await Promise.all([one, other].map((node) => Follower.open(node, 'bob')));
      open.push(...followers);
      await say(one, 'before');
      for (const follower of followers) await eventually(() => follower.texts.includes('before'), 'all are live');
      const epoch = await one.redis.hget(one.keys.meta(), 'epoch');
      const master = await cluster.masterOf('{im}');
      await harm(master);
      await cluster.takenOver('{im}', master);
      await heal(master);
      for (let i = 0; i < 5; i++) await say(i % 2 ? one : other, `after ${i}`);
      for (const follower of followers) {
        await eventually(() => follower.gaps.length > 0, 'all are told of a gap');
        await eventually(() => follower.isUpTo('after 4'), 'all are up to date');
        assert.equal(follower.gaps[0]!.reason, 'reset');
        assert.deepEqual(follower.doubled, []);
      }
      const moved = await one.redis.hget(one.keys.meta(), 'epoch');
      assert.ok(Number(moved) > Number(epoch), `${epoch} ${moved}`);
      const texts = await inboxOf(other, 'bob');
      assert.deepEqual(
        texts.slice(-5),
        Array.from({ length: 5 }, (_, i) => `after ${i}`),
      );
      await cluster.healthy();
    });
  }
});
