import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  type ApiError,
  createClient,
  MemoryStorage,
  type Message,
  type Outbox,
  type OutboxOptions,
} from '../../../src/client/index.ts';
import { eventually } from '../../helpers/delivery.ts';
import { upload } from '../../helpers/files.ts';
import { API_KEY, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';
import { Service } from '../page/browser.ts';

describe('outbox', () => {
  const { service } = useService();
  const outboxOf = async (uid: string, options?: OutboxOptions): Promise<Outbox> =>
    createClient({ url: service.url, token: await userToken(uid) }).outbox(options);
  const history = async (of: string, conversation: string): Promise<Message[]> =>
    (await service.server.get(`/v1/users/${of}/conversations/${conversation}/messages`).expect(200)).body.items;
  const textsOf = async (of: string, conversation: string) =>
    (await history(of, conversation)).map(({ fields }) => fields.text);

  test('what is written goes out in order, and leaves the storage when it is kept', async () => {
    await service.people('ada', 'bo', 'cy');
    const storage = new MemoryStorage();
    const sent: string[] = [];
    const outbox = await outboxOf('ada', {
      storage,
      onSent: async ({ clientMessageId }, outgoing) => {
        assert.equal(clientMessageId, outgoing.clientMessageId);
        assert.ok((await storage.list()).some((one) => one.clientMessageId === clientMessageId));
        sent.push(outgoing.fields!.text!);
      },
    });
    for (const n of [1, 2, 3]) await outbox.send('user:bo', { fields: { text: `${n}` } });
    assert.deepEqual(await textsOf('ada', 'user:bo'), []);
    outbox.start();
    await outbox.send('user:cy', { fields: { text: 'to cy' } });
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
    assert.deepEqual(await textsOf('bo', 'user:ada'), ['1', '2', '3']);
    assert.deepEqual(await textsOf('cy', 'user:ada'), ['to cy']);
    assert.deepEqual(
      sent.filter((text) => text !== 'to cy'),
      ['1', '2', '3'],
    );
  });

  test('replies and mentions go along', async () => {
    await service.people('dan', 'eve');
    const { id } = await service.say('eve', 'user:dan', 'lunch?');
    const outbox = await outboxOf('dan');
    outbox.start();
    await outbox.send('user:eve', { fields: { text: 'yes' }, replyTo: id, mentions: ['eve'] });
    await eventually(async () => (await history('eve', 'user:dan')).length === 2, 'the reply');
    outbox.stop();
    const reply = (await history('eve', 'user:dan')).at(-1)!;
    assert.deepEqual([reply.replyTo, reply.mentions], [id, ['eve']]);
  });

  test('a message can be files alone', async () => {
    await service.people('lia', 'moe');
    const { body: file } = await upload(service, 'lia', 'buy milk', { credential: API_KEY });
    const outbox = await outboxOf('lia');
    outbox.start();
    await outbox.send('user:moe', { attachments: [{ file: file.id, name: 'notes.txt' }] });
    await eventually(async () => (await history('moe', 'user:lia')).length === 1, 'the message');
    outbox.stop();
    const [{ fields, attachments = [] }] = (await history('moe', 'user:lia')) as [Message];
    assert.deepEqual([fields, attachments[0]?.name], [{}, 'notes.txt']);
  });

  test('what is refused stays with the refusal, and holds up nothing', async () => {
    await service.people('fay', 'gil');
    await service.team('g-out', 'gil');
    const storage = new MemoryStorage();
    const refused: [text: string | undefined, error: ApiError][] = [];
    const outbox = await outboxOf('fay', {
      storage,
      onRefused: ({ fields }, error) => refused.push([fields?.text, error]),
    });
    outbox.start();
    const outgoing = await outbox.send('group:g-out', { fields: { text: 'may I?' } });
    await outbox.send('user:gil', { fields: { text: 'let me in' } });
    await eventually(async () => (await storage.list()).length === 1 && refused.length === 1, 'a refusal');
    assert.equal((await storage.list())[0]!.refusal!.code, 'not_member');
    assert.match((await storage.list())[0]!.refusal!.detail, /member/);
    assert.deepEqual([refused[0]![0], refused[0]![1].status], ['may I?', 403]);
    assert.deepEqual(await textsOf('gil', 'user:fay'), ['let me in']);

    await service.server.put('/v1/groups/g-out/members/fay').expect(201);
    await outbox.retry(outgoing.clientMessageId);
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
    assert.deepEqual((await textsOf('gil', 'group:g-out')).at(-1), 'may I?');
  });

  test('what is discarded before it is sent is not sent', async () => {
    await service.people('hal', 'ida');
    const storage = new MemoryStorage();
    let second = '';
    const outbox: Outbox = await outboxOf('hal', { storage, onSent: () => outbox.discard(second) });
    await outbox.send('user:ida', { fields: { text: 'yes' } });
    // Both are waiting already when the first one is sent.
    second = (await outbox.send('user:ida', { fields: { text: 'no' } })).clientMessageId;
    outbox.start();
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
    assert.deepEqual(await textsOf('ida', 'user:hal'), ['yes']);
  });

  test('a token that has ended keeps messages waiting', async () => {
    await service.people('jon', 'kim');
    const storage = new MemoryStorage();
    let token = await userToken('jon', '-1m');
    const tried: string[] = [];
    const client = createClient({
      url: service.url,
      token: () => {
        tried.push(token);
        return token;
      },
    });
    const outbox = client.outbox({ storage });
    outbox.start();
    await outbox.send('user:kim', { fields: { text: 'later' } });
    await eventually(() => tried.length > 1, 'a refusal');
    assert.deepEqual(
      (await storage.list()).map(({ refusal }) => refusal),
      [undefined],
    );
    token = await userToken('jon');
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
    assert.deepEqual(await textsOf('kim', 'user:jon'), ['later']);
  });

  test('where keeping it fails it is sent again, and is there once', async () => {
    await service.people('leo', 'mia');
    const storage = new MemoryStorage();
    let kept = 0;
    const outbox = await outboxOf('leo', {
      storage,
      onSent: () => {
        if (kept++ === 0) throw new Error('the disk is full');
      },
    });
    outbox.start();
    await outbox.send('user:mia', { fields: { text: 'once' } });
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
    assert.equal(kept, 2);
    assert.deepEqual(await textsOf('mia', 'user:leo'), ['once']);
  });

  test('what was tried so long ago that the service may not know it any more is not sent blindly', async () => {
    await service.people('ned', 'oda');
    const storage = new MemoryStorage();
    const hours = 3_600_000;
    const old = { conversation: 'user:oda', fields: { text: 'old' }, writtenAt: Date.now() - 30 * hours };
    await storage.add({ ...old, clientMessageId: 'tried', triedAt: Date.now() - 25 * hours });
    await storage.add({ ...old, clientMessageId: 'never-tried' });
    const outbox = await outboxOf('ned', { storage });
    outbox.start();
    await eventually(async () => (await storage.list()).length === 1, 'the other one to be sent');
    await eventually(async () => (await storage.list())[0]?.refusal !== undefined, 'a refusal');
    assert.equal((await storage.list())[0]!.refusal!.code, 'outcome_unknown');
    assert.equal((await history('oda', 'user:ned')).length, 1);
    await outbox.retry('tried');
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
  });
});

describe('outbox, over what happens to a service', () => {
  let service: Service;
  before(async () => {
    service = await Service.start();
    for (const uid of ['alice', 'bob']) await service.call('PUT', `/users/${uid}`, { fields: {} });
  });
  after(() => service?.stop());

  test('a service that is killed in between gets everything once, in order', async () => {
    const { token } = (await service.call('POST', '/tokens', { uid: 'alice' })) as { token: string };
    const storage = new MemoryStorage();
    const outbox = createClient({ url: service.url, token }).outbox({ storage });
    outbox.start();
    const texts = Array.from({ length: 200 }, (_, n) => `${n}`);
    for (const text of texts) await outbox.send('user:bob', { fields: { text } });
    await eventually(async () => (await storage.list()).length < 190, 'some to be sent');
    await service.kill();
    assert.ok((await storage.list()).length > 0, 'it was killed too late');
    await service.restart();
    // The pause may have become long; as a browser does on its return.
    outbox.look();
    await eventually(async () => (await storage.list()).length === 0, 'an empty outbox');
    outbox.stop();
    const found: (string | undefined)[] = [];
    for (let before: string | undefined; ; ) {
      const query = `limit=100${before ? `&before=${before}` : ''}`;
      const page = (await service.call('GET', `/users/bob/conversations/user:alice/messages?${query}`)) as {
        items: Message[];
        next?: string;
      };
      found.unshift(...page.items.map(({ fields }) => fields.text));
      before = page.next;
      if (!before) break;
    }
    assert.deepEqual(found, texts);
  });
});
