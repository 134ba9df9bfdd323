import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { type Operation, operations } from '../helpers/openapi.ts';
import { userToken } from '../helpers/service.ts';
import { useService } from '../helpers/use.ts';

/** Who is suspended, and who is blocked: every operation beside access.test.ts, which has the other kinds of callers. */

const { service } = useService({
  prepare: async (service) => {
    await service.people('sue', 'alice', 'bob', 'carol', 'dave');
    await service.team('team', 'sue');
    await service.server.put('/v1/groups/picky', { fields: {}, owner: 'bob', joinPolicy: 'approval' }).expect(201);
    await service.say('alice', 'user:bob', 'hi');
    await service.server.put('/v1/users/bob/blocks/alice').expect(201);
    await service.server.put('/v1/users/sue/suspension').expect(201);
  },
});

const NAMES: Record<string, string> = {
  uid: 'sue',
  peer: 'bob',
  gid: 'team',
  conversation: 'group:team',
  mid: '1-1',
  reaction: 'ok',
  id: '0'.repeat(32),
};

test('a suspended user may do nothing but what is public, whatever it is', async () => {
  const token = await userToken('sue');
  const answers: Record<string, string> = {};
  const expected: Record<string, string> = {};
  for (const { operationId, path, method, security } of operations) {
    if (security.length === 0) continue;
    const url = `${service.url}${path.replace(/\{(\w+)\}/g, (_, name: string) => NAMES[name]!)}`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(url, { method: method.toUpperCase(), headers, signal: AbortSignal.timeout(8_000) });
    answers[operationId] = `${answer.status} ${((await answer.json()) as { code: string }).code}`;
    expected[operationId] = '403 suspended';
  }
  assert.ok(Object.keys(answers).length > 50);
  assert.deepEqual(answers, expected);
});

test('a suspended user opens no socket by a token in a frame', async () => {
  const webSocket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/users/sue/inbox/socket`);
  webSocket.once('open', async () => webSocket.send(JSON.stringify({ token: await userToken('sue') })));
  const code = await new Promise((resolve, reject) => {
    webSocket.once('close', resolve);
    webSocket.once('error', reject);
  });
  assert.equal(code, 4403);
});

interface Chat {
  /** The path of the conversation of the one who acts with the other. */
  path: string;
  /** A message of its own. */
  mine: string;
  /** A message of the other's. */
  theirs: string;
}

/** What each operation on a direct chat answers: to two between whom there is no block, to the blocked one, and to who blocks. */
const DIRECT: Record<string, [expect: string, call: (chat: Chat) => [path: string, body?: object]]> = {
  sendMessage: ['201 403 403', ({ path }) => [`${path}/messages`, { fields: { text: 'x' } }]],
  listMessages: ['200 200 200', ({ path }) => [`${path}/messages`]],
  getMessage: ['200 200 200', ({ path, theirs }) => [`${path}/messages/${theirs}`]],
  listReplies: ['200 200 200', ({ path, theirs }) => [`${path}/messages/${theirs}/replies`]],
  patchMessage: ['200 403 403', ({ path, mine }) => [`${path}/messages/${mine}`, { fields: { text: 'y' } }]],
  deleteMessage: ['204 204 204', ({ path, mine }) => [`${path}/messages/${mine}`]],
  putReaction: ['200 403 403', ({ path, theirs }) => [`${path}/messages/${theirs}/reactions/ok`]],
  deleteReaction: ['204 403 403', ({ path, theirs }) => [`${path}/messages/${theirs}/reactions/ok`]],
  listReactions: ['200 200 200', ({ path, theirs }) => [`${path}/messages/${theirs}/reactions`]],
  createEvent: ['201 403 403', ({ path }) => [`${path}/events`, { fields: { text: 'a call' } }]],
  getConversation: ['200 200 200', ({ path }) => [path]],
  patchConversation: ['200 200 200', ({ path }) => [path, { pinned: true }]],
  markRead: ['200 200 200', ({ path, theirs }) => [`${path}/read`, { upTo: theirs }]],
  listReceipts: ['200 200 200', ({ path }) => [`${path}/receipts`]],
  putTyping: ['204 403 403', ({ path }) => [`${path}/typing`]],
  // Whoever is no WebSocket client is told so, once it may follow the chat at all.
  openConversationSocket: ['426 426 426', ({ path }) => [`${path}/socket`]],
  streamConversation: ['200 200 200', ({ path }) => [`${path}/stream`]],
  deleteConversation: ['204 204 204', ({ path }) => [path]],
};

/** Two with messages of both, the second of whom has blocked the first, or has not. */
async function chatOf(one: string, other: string, isBlocked: boolean): Promise<[mine: string, theirs: string]> {
  await service.server.delete(`/v1/users/${other}/blocks/${one}`).expect(204);
  const { id: mine } = await service.say(one, `user:${other}`, 'x');
  const { id: theirs } = await service.say(other, `user:${one}`, 'x');
  if (isBlocked) await service.server.put(`/v1/users/${other}/blocks/${one}`).expect(201);
  return [mine, theirs];
}

async function statusOf({ operationId, method, security }: Operation, actor: string, chat: Chat): Promise<number> {
  const [path, body] = DIRECT[operationId]![1](chat);
  const isOfServer = security.every((scheme) => 'serverKey' in scheme);
  // It has no end to be waited for.
  if (operationId === 'streamConversation') {
    const headers = { authorization: `Bearer ${await userToken(actor)}` };
    const response = await fetch(service.url + path, { headers });
    await response.body?.cancel();
    return response.status;
  }
  const caller = isOfServer ? service.server : await service.user(actor);
  return (await caller[method](path, body)).status;
}

test('every operation on a direct chat has a row', () => {
  const ids = operations.filter(({ path }) => path.includes('{conversation}')).map(({ operationId }) => operationId);
  assert.deepEqual(ids.sort(), Object.keys(DIRECT).sort());
});

test('in a direct chat neither the blocked one nor who blocks does what the other is told of', async () => {
  const answers: Record<string, string> = {};
  for (const operation of operations) {
    if (!DIRECT[operation.operationId]) continue;
    const got: number[] = [];
    for (const [isBlocked, actsAsBlocker] of [
      [false, false],
      [true, false],
      [true, true],
    ] as const) {
      const [ofCarol, ofDave] = await chatOf('carol', 'dave', isBlocked);
      const chat = actsAsBlocker
        ? { path: '/v1/users/dave/conversations/user:carol', mine: ofDave, theirs: ofCarol }
        : { path: '/v1/users/carol/conversations/user:dave', mine: ofCarol, theirs: ofDave };
      got.push(await statusOf(operation, actsAsBlocker ? 'dave' : 'carol', chat));
    }
    answers[operation.operationId] = got.join(' ');
  }
  assert.deepEqual(answers, Object.fromEntries(Object.entries(DIRECT).map(([id, [expect]]) => [id, expect])));
});

test('who is blocked neither links the other one nor asks to join its group, and does not see whether it is there', async () => {
  const alice = await service.user('alice');
  assert.equal((await alice.put('/v1/users/me/contacts/bob').expect(403)).body.code, 'blocked');
  assert.equal((await alice.put('/v1/groups/picky/members/me').expect(403)).body.code, 'blocked');
  const bob = await service.user('bob');
  assert.equal((await bob.put('/v1/users/me/contacts/alice').expect(403)).body.code, 'must_unblock');
  assert.deepEqual((await alice.get('/v1/presence?ids=bob').expect(200)).body.items, []);
});
