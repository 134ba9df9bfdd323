import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { BEFORE_SEND_SECRET, byText, json, startReviewer } from '../../helpers/reviewer.ts';
import { SocketClient } from '../../helpers/socket.ts';
import { makeSpace, SPACES_ON } from '../../helpers/spaces.ts';
import { useService } from '../../helpers/use.ts';

/** What is asked before a message is sent or edited, and what comes of the answers. */

const reviewer = await startReviewer();
after(() => reviewer.close());
beforeEach(() => {
  reviewer.say = byText;
  reviewer.received.length = 0;
});

const { service } = useService({
  config: { ...SPACES_ON, ...reviewer.config },
  prepare: async (started) => {
    await started.people('ann', 'ben', 'cat');
    await started.team('team', 'ann', 'ben');
  },
});

const BEN = '/v1/users/me/conversations/user:ben/messages';
const asAnn = () => service.user('ann');
/** Ann sends to Ben. */
const send = async (body: object, path = BEN) => (await asAnn()).post(path, body);
const say = (text: string, more: object = {}) => send({ fields: { text }, ...more });
const newestOf = async (uid: string, conversation: string) =>
  (await service.server.get(`/v1/users/${uid}/conversations/${conversation}/messages?limit=1`).expect(200)).body
    .items[0];

test('a question says who sends what to whom, and is signed as webhooks are', async () => {
  const { body: first } = await say('allowed', { clientMessageId: 'm-1' });
  const [{ headers, text }] = reviewer.received as [(typeof reviewer.received)[0]];
  assert.deepEqual(new Webhook(BEFORE_SEND_SECRET).verify(text, headers as Record<string, string>), JSON.parse(text));
  assert.equal(headers['content-type'], 'application/json');
  const [{ type, timestamp, data }] = reviewer.asked as [(typeof reviewer.asked)[0]];
  assert.equal(type, 'message.sending');
  assert.ok(Math.abs(Date.now() - Date.parse(timestamp)) < 10_000);
  assert.deepEqual(data, {
    from: 'ann',
    caller: 'user',
    conversation: 'user:ben',
    clientMessageId: 'm-1',
    fields: { text: 'allowed' },
  });
  assert.deepEqual(first.fields, { text: 'allowed' });
  await send({ fields: { text: 'look' }, mentions: ['ben'], replyTo: (await newestOf('ann', 'user:ben')).id }, BEN);
  const { mentions, replyTo } = reviewer.asked[1]!.data;
  assert.deepEqual([mentions, replyTo], [['ben'], first.id]);
});

test('what is denied is not sent, and the sender reads why', async () => {
  const { id } = (await say('before')).body;
  const denied = await say('deny links');
  assert.equal(denied.status, 403);
  assert.equal(denied.body.code, 'message_denied');
  assert.equal(denied.body.detail, 'No “deny links” here.');
  assert.equal((await newestOf('ben', 'user:ann')).id, id);
});

test('a reason is one line of at most 500 characters', async () => {
  for (const [reason, detail] of [
    ['a\r\nb\u0000\u0007c\u202e\ud800', 'a b c \ufffd'],
    ['😀'.repeat(600), `${'😀'.repeat(499)}…`],
    ['  ', 'The message was not allowed.'],
    [{ no: 'text' }, 'The message was not allowed.'],
  ]) {
    reviewer.say = (_asked, response) => json(response, { action: 'deny', reason });
    const { status, body } = await say('x');
    assert.deepEqual([status, body.detail], [403, detail]);
  }
});

test('what is replaced is what everybody reads', async () => {
  const { status, body } = await say('swear word');
  assert.equal(status, 201);
  const fields = { text: 's****', softened: 'yes' };
  assert.deepEqual(body.fields, fields);
  assert.deepEqual((await newestOf('ben', 'user:ann')).fields, fields);
});

test('a repeated clientMessageId is not asked about again, and its content is what the client has sent', async () => {
  const first = await say('swear twice', { clientMessageId: 'twice' });
  assert.equal(first.status, 201);
  const repeated = await say('swear twice', { clientMessageId: 'twice' });
  assert.equal(repeated.status, 200);
  assert.deepEqual(repeated.body, first.body);
  for (const text of ['swear other', 's****']) {
    const other = await say(text, { clientMessageId: 'twice' });
    assert.deepEqual([other.status, other.body.code], [422, 'client_message_id_reused'], text);
  }
  assert.equal(reviewer.asked.length, 1);
});

test('what was denied may be sent under the same clientMessageId, once it is allowed', async () => {
  const body = { clientMessageId: 'denied-first' };
  assert.equal((await say('deny me', body)).status, 403);
  reviewer.say = () => {};
  assert.equal((await say('deny me', body)).status, 201);
  assert.equal(reviewer.asked.length, 2);
});

test('two of one clientMessageId at once may both be asked about, and make one message', async () => {
  const open: (() => void)[] = [];
  reviewer.say = (_asked, response) => {
    open.push(() => json(response, { action: 'replace', fields: { text: 'replaced' } }));
    if (open.length === 2) for (const answer of open) answer();
    return new Promise((resolve) => response.once('finish', resolve));
  };
  // Of two connections: each is a request of its own.
  const both = await Promise.all([1, 2].map(() => say('at once', { clientMessageId: 'race' })));
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 201]);
  assert.equal(both[0]!.body.id, both[1]!.body.id);
  assert.deepEqual(
    both.map(({ body }) => body.fields.text),
    ['replaced', 'replaced'],
  );
});

test('a clientMessageId of a former user, or of a former group, is asked about', async () => {
  await service.people('gone');
  await service.team('passing', 'gone');
  const as = async (conversation: string) =>
    service.server.post(`/v1/users/gone/conversations/${conversation}/messages`, {
      fields: { text: 'swear' },
      clientMessageId: 'former',
    });
  for (const conversation of ['user:ben', 'group:passing']) assert.equal((await as(conversation)).status, 201);
  await service.server.delete('/v1/groups/passing').expect(204);
  await service.server.delete('/v1/users/gone').expect(204);
  await service.people('gone');
  await service.team('passing', 'gone');
  for (const conversation of ['user:ben', 'group:passing']) {
    const again = await as(conversation);
    assert.deepEqual([again.status, again.body.fields?.text], [201, 's****'], conversation);
  }
  assert.equal(reviewer.asked.length, 4);
});

test('an edit is asked about, too', async () => {
  const { id } = (await say('mild')).body;
  const edit = async (fields: object) => (await asAnn()).patch(`${BEN}/${id}`, { fields });
  const denied = await edit({ text: 'deny edit' });
  assert.deepEqual([denied.status, denied.body.code], [403, 'message_denied']);
  assert.equal((await newestOf('ben', 'user:ann')).fields.text, 'mild');
  const { type, data } = reviewer.asked.at(-1)!;
  assert.equal(type, 'message.editing');
  const asked = { from: 'ann', caller: 'user', conversation: 'user:ben', target: id };
  assert.deepEqual(data, { ...asked, fields: { text: 'deny edit' } });
  const replaced = await edit({ text: 'swear edit', other: 'x' });
  assert.equal(replaced.status, 200);
  assert.deepEqual((await newestOf('ben', 'user:ann')).fields, { text: 's****', softened: 'yes' });
  reviewer.say = (_asked, response) => json(response, { action: 'replace', fields: { softened: null } });
  await edit({ text: 'y' });
  assert.deepEqual((await newestOf('ben', 'user:ann')).fields, { text: 's****' });
});

test('each message of a batch is asked about, and stands for itself', async () => {
  const texts = ['one', 'deny two', 'swear three', 'four'];
  const messages = texts.map((text, i) => ({
    uid: 'ann',
    conversation: 'group:team',
    fields: { text },
    clientMessageId: `batch-${i}`,
  }));
  const batch = () => service.server.post('/v1/messages/batch', { messages }).expect(200);
  const { results } = (await batch()).body;
  assert.deepEqual(
    results.map((one: { status: number }) => one.status),
    [201, 403, 201, 201],
  );
  assert.equal(results[1].problem.detail, 'No “deny two” here.');
  assert.deepEqual(
    reviewer.asked.map(({ data }) => data.caller),
    ['server', 'server', 'server', 'server'],
  );
  const page = await service.server.get('/v1/users/ben/conversations/group:team/messages').expect(200);
  assert.deepEqual(
    page.body.items.slice(-3).map((one: { fields: { text: string } }) => one.fields.text),
    ['one', 's****', 'four'],
  );
  const again = (await batch()).body.results;
  assert.deepEqual(
    again.map((one: { status: number }) => one.status),
    [200, 403, 200, 200],
  );
  assert.equal(reviewer.asked.length, 5);
});

test('of a large batch 16 are asked about at a time, and all keep their order', async () => {
  let open = 0;
  let most = 0;
  reviewer.say = async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setImmediate(resolve));
    open--;
  };
  const texts = Array.from({ length: 100 }, (_, i) => String(i));
  const messages = texts.map((text) => ({ uid: 'ann', conversation: 'user:cat', fields: { text } }));
  await service.server.post('/v1/messages/batch', { messages }).expect(200);
  assert.ok(most > 1 && most <= 16, String(most));
  const page = await service.server.get('/v1/users/cat/conversations/user:ann/messages?limit=100').expect(200);
  assert.deepEqual(
    page.body.items.map((one: { fields: { text: string } }) => one.fields.text),
    texts,
  );
});

test('an event of the server is asked about', async () => {
  const event = (text: string) =>
    service.server.post('/v1/users/ann/conversations/user:ben/events', { fields: { text } });
  assert.equal((await event('deny call')).status, 403);
  const replaced = await event('swear call').expect(201);
  assert.deepEqual([replaced.body.action, replaced.body.fields.text], ['custom', 's****']);
  assert.deepEqual(
    reviewer.asked.map(({ data }) => [data.caller, data.action]),
    [
      ['server', 'custom'],
      ['server', 'custom'],
    ],
  );
});

test('what comes over a socket is asked about', async () => {
  const { token } = (await service.server.post('/v1/tokens', { uid: 'ann' }).expect(201)).body;
  const socket = await SocketClient.live(service, '/v1/users/me/inbox/socket', token);
  const denied = await socket.ask(1, 'POST', BEN, { fields: { text: 'deny socket' } });
  assert.deepEqual([denied.status, denied.body?.code], [403, 'message_denied']);
  const replaced = await socket.ask(2, 'POST', BEN, { fields: { text: 'swear socket' } });
  assert.deepEqual([replaced.status, (replaced.body as { fields?: { text?: string } }).fields?.text], [201, 's****']);
  assert.deepEqual(
    reviewer.asked.map(({ data }) => data.caller),
    ['user', 'user'],
  );
  socket.ws.close();
});

test('a question of a named space says so', async () => {
  const acme = await makeSpace(service, 'acme', {}, 'ann', 'ben');
  const user = await acme.user('ann');
  const denied = await user.post(BEN, { fields: { text: 'deny acme' } });
  assert.equal(denied.body.code, 'message_denied');
  const repeated = [1, 2].map(() => user.post(BEN, { fields: { text: 'swear' }, clientMessageId: 'acme-1' }));
  assert.deepEqual([(await repeated[0]!).status, (await repeated[1]!).status].sort(), [200, 201]);
  const metrics = (await service.server.get('/metrics').expect(200)).text;
  assert.match(metrics, /redisim_before_send_total\{outcome="denied",space="acme"\} 1/);
  for (const { data } of reviewer.asked) assert.equal(data.space, 'acme');
});

test('what one person sends to one conversation keeps its order, whatever is answered first', async () => {
  const answers = new Map<string, () => void>();
  reviewer.say = ({ data }, response) =>
    new Promise<void>((resolve) => {
      answers.set(data.fields.text!, () => {
        response.once('finish', resolve);
        json(response, { action: 'allow' });
      });
    });
  const sent: Promise<{ body: { id: string } }>[] = [];
  for (const text of ['1', '2', '3']) {
    sent.push(say(text));
    await reviewer.comes(sent.length);
  }
  for (const text of ['3', '2', '1']) answers.get(text)!();
  const ids = (await Promise.all(sent)).map(({ body }) => Number(body.id.split('-')[1]));
  assert.deepEqual(ids, [ids[0], ids[0]! + 1, ids[0]! + 2]);
});

test('questions are counted by their outcome, and timed', async () => {
  const count = async (name: string) => {
    const { text } = await service.server.get('/metrics').expect(200);
    return Number(text.match(new RegExp(`^redisim_before_send_${name} (\\d+)`, 'm'))?.[1] ?? 0);
  };
  const names = ['allowed', 'denied', 'replaced'].map((one) => `total\\{outcome="${one}",space="default"\\}`);
  const all = () => Promise.all([...names, 'duration_seconds_count'].map(count));
  const before = await all();
  for (const text of ['fine', 'deny', 'swear']) await say(text);
  assert.deepEqual(
    await all(),
    before.map((n, i) => n + (i < 3 ? 1 : 3)),
  );
  const { text } = await service.server.get('/metrics').expect(200);
  assert.match(text, /redisim_sends_total\{outcome="message_denied",space="default"\}/);
});

test('reactions, receipts and erasures are not asked about', async () => {
  const { id } = (await say('quiet')).body;
  reviewer.received.length = 0;
  const ann = await asAnn();
  await ann.put(`${BEN}/${id}/reactions/%F0%9F%91%8D`).expect(200);
  await ann.delete(`${BEN}/${id}`).expect(204);
  assert.equal(reviewer.asked.length, 0);
});
