import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import type { LogName } from '../../../src/domain/conversations.ts';
import type { Uid } from '../../../src/domain/names.ts';
import { eventually } from '../../helpers/delivery.ts';
import { faults } from '../../helpers/http.ts';
import { commandCounts } from '../../helpers/im.ts';
import { document } from '../../helpers/openapi.ts';
import { API_KEY, type Service, startService, userToken } from '../../helpers/service.ts';
import { SocketClient } from '../../helpers/socket.ts';
import { useService } from '../../helpers/use.ts';

/** An export over HTTP: whole or cut off, at the pace of its client. */

const { redis, service } = useService({
  prepare: async (service) => {
    await service.people('alice', 'bob');
    await makeNotes(service);
    await service.team('team', 'bob', 'alice');
    await service.server.put('/v1/users/alice/contacts/bob').expect(201);
    await service.server.put('/v1/users/alice/blocks/carol').expect(201);
    // By hand: one that is put has the journal written and read, which would be counted below.
    const phone = '1763900311455 a-digest {"kind":"fcm","token":"a-token"}';
    await service.redis.hset(service.keys.devices('alice' as Uid), 'phone', phone);
    await service.say('alice', 'group:team', 'hi');
    await service.say('bob', 'user:alice', 'hi');
  },
});
const NOTES = 'ds:carol:carol' as LogName;

/** What carol has to take along is more than the sockets between the two sides take: 36 MB. */
async function makeNotes({ people, say, redis, keys }: Service): Promise<void> {
  await people('carol');
  await say('carol', 'user:carol', 'a note');
  const pipeline = redis.pipeline();
  const note = ['uid', 'carol', 'n', '1', 'text', 'x'.repeat(60_000)];
  for (let i = 2; i <= 600; i++) pipeline.xadd(keys.log(NOTES), `9999999999999-${i}`, ...note);
  await pipeline.exec();
}

const open: IncomingMessage[] = [];
afterEach(async () => {
  for (const answer of open.splice(0)) answer.destroy();
  await eventually(() => connectionsOf(service).then((count) => count <= 1), 'nothing is under way');
  assert.deepEqual(faults(service), []);
});

const exportOf = (uid: string) => `/v1/users/${uid}/export`;

/** Opens an export, and reads nothing of it. */
async function follow({ url }: { url: string } = service, credential = API_KEY): Promise<IncomingMessage> {
  const headers = { authorization: `Bearer ${credential}` };
  const sent = request(`${url}${exportOf('carol')}`, { headers, agent: false });
  sent.on('error', () => {}).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  answer.on('error', () => {});
  open.push(answer);
  return answer;
}

/** What comes until the other side ends, and whether it ended well. */
async function rest(answer: IncomingMessage): Promise<{ text: string; isWhole: boolean }> {
  let text = '';
  answer.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  if (!answer.closed) await new Promise((resolve) => answer.once('close', resolve));
  return { text, isWhole: answer.complete };
}

const pagesRead = async () => {
  const counts = await commandCounts(service.redis);
  return (counts.evalsha ?? 0) + (counts.fcall ?? 0);
};

/** Waits until no page is read any more. */
async function untilStill(): Promise<number> {
  let read = -1;
  for (let times = 0; times < 20; await delay(10)) {
    const now = await pagesRead();
    times = now === read ? times + 1 : 0;
    read = now;
  }
  return read;
}

function connectionsOf({ app }: Pick<Service, 'app'>): Promise<number> {
  return new Promise((resolve, reject) => {
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
  });
}

test('every line is one of the document, and the last one counts them', async () => {
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
  ajv.addSchema({ $id: 'document', ...document } as never);
  const isLine = ajv.compile({ $ref: 'document#/components/schemas/ExportLine' });
  const answer = await (await service.user('alice')).get('/v1/users/me/export').buffer().expect(200);
  assert.equal(answer.headers['content-type'], 'application/x-ndjson; charset=utf-8');
  assert.ok(answer.text.endsWith('\n'));
  const lines = answer.text
    .trim()
    .split('\n')
    .map((one) => JSON.parse(one));
  for (const line of lines) assert.ok(isLine(line), `${JSON.stringify(line)}: ${JSON.stringify(isLine.errors)}`);
  const kinds = new Set(lines.map(({ type }) => type));
  assert.deepEqual([...kinds], ['user', 'contact', 'block', 'device', 'membership', 'conversation', 'message', 'end']);
  const { messages, own } = lines.at(-1).data;
  assert.deepEqual([messages, own], [lines.filter(({ type }) => type === 'message').length, 1]);
  const { schemas } = document.components;
  const { discriminator } = schemas.ExportLine as { discriminator: { mapping: Record<string, string> } };
  assert.deepEqual(Object.keys(discriminator.mapping), [...kinds]);
  for (const pointer of Object.values(discriminator.mapping)) {
    const { examples } = schemas[pointer.split('/').at(-1)!] as { examples: object[] };
    assert.ok(isLine(examples[0]), `${pointer}: ${JSON.stringify(isLine.errors)}`);
  }
});

test('who is not there is refused before the first line', async () => {
  const { body } = await service.server.get(exportOf('nobody')).expect(404);
  assert.equal(body.code, 'user_not_found');
  await service.server.get(exportOf('nobody')).expect(404);
});

test('it reads no further than its client takes, one at a time, and ends when the client hangs up', async () => {
  const before = await pagesRead();
  const answer = await follow();
  const read = (await untilStill()) - before;
  assert.ok(read < 10, `${read} calls for a client that reads nothing`);
  const { body } = await service.server.get(exportOf('carol')).expect(429);
  assert.equal(body.code, 'too_many_requests');
  await service.server.get(exportOf('bob')).expect(200);
  answer.destroy();
  await eventually(() => connectionsOf(service).then((count) => count <= 1), 'the end of it');
  const { isWhole } = await rest(await follow());
  assert.ok(isWhole);
});

test('an error in the middle ends the connection: no line says so, and the end is missing', async () => {
  const answer = await follow();
  await untilStill();
  const [key, aside] = [service.keys.log(NOTES), `${service.keys.prefix}aside`];
  await service.redis.rename(key, aside);
  await service.redis.set(key, 'somebody has overwritten it');
  const { text, isWhole } = await rest(answer);
  await service.redis.rename(aside, key);
  assert.equal(isWhole, false);
  assert.match(text, /"type":"message"/);
  assert.doesNotMatch(text, /"type":"end"|requestId/);
});

test('whose token is revoked meanwhile gets no more', async () => {
  const token = await userToken('carol');
  const answer = await follow(service, token);
  await untilStill();
  await service.server.delete('/v1/users/carol/tokens').expect(204);
  await eventually(async () => (await service.with(token).get('/v1/users/carol')).status === 401, 'the node knows');
  assert.equal((await rest(answer)).isWhole, false);
});

test('a client that takes nothing for long is cut off', async () => {
  const other = await startService(redis, {}, { stallMs: 300 });
  await makeNotes(other);
  const answer = await follow(other);
  await eventually(() => connectionsOf(other).then((count) => count === 0), 'cut off');
  assert.equal((await rest(answer)).isWhole, false);
  await other.close();
});

test('none keeps the service from ending', async () => {
  const other = await startService(redis);
  await makeNotes(other);
  await follow(other);
  const since = Date.now();
  await other.close();
  assert.ok(Date.now() - since < 5_000);
});

test('it is no request for a frame of a socket', async () => {
  const client = await SocketClient.live(service, '/v1/users/bob/inbox/socket', API_KEY);
  const before = await untilStill();
  const refused = await client.ask(1, 'GET', exportOf('carol'));
  assert.deepEqual([refused.status, refused.body?.code], [406, 'not_acceptable']);
  // A node has calls of its own now and then.
  const read = (await untilStill()) - before;
  assert.ok(read < 10, `${read} calls for what is refused`);
  client.ws.terminate();
});
