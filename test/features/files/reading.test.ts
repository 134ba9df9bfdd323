import assert from 'node:assert/strict';
import { test } from 'node:test';
import { png, upload } from '../../helpers/files.ts';
import { API_KEY, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

/** Who reads a file, and how it is given. */

const { service } = useService({
  prepare: (service) => service.people('alice', 'bob', 'carol', 'dave', 'erin', 'olga', 'otto', 'ann', 'ben', 'cy'),
});

const PICTURE = png(30, 20);

async function uploadAs(uid: string, bytes: Uint8Array | string = PICTURE, type = 'image/png'): Promise<string> {
  const { status, body } = await upload(service, uid, bytes, { credential: API_KEY, type });
  assert.equal(status, 201);
  return body.id;
}

/** Sends a file; the message. */
async function send(uid: string, to: string, file: string, name = 'a.png', expected = 201) {
  const attachments = [{ file, name }];
  const { body } = await service.server
    .post(`/v1/users/${uid}/conversations/${to}/messages`, { attachments })
    .expect(expected);
  return body as { id: string; code: string; attachments: object[] };
}

async function statusFor(uid: string, file: string): Promise<number> {
  return (await (await service.user(uid)).get(`/v1/users/me/files/${file}`)).status;
}

async function read(uid: string, file: string, headers: Record<string, string> = {}, method = 'GET') {
  const authorization = `Bearer ${await userToken(uid)}`;
  return fetch(`${service.url}/v1/users/${uid}/files/${file}`, { method, headers: { authorization, ...headers } });
}

test('a file is its uploader’s until a message carries it; then it is for those who may read that', async () => {
  const file = await uploadAs('alice');
  assert.deepEqual([await statusFor('alice', file), await statusFor('bob', file)], [200, 404]);
  const { attachments } = await send('alice', 'user:bob', file, 'Ümläut 😀.png');
  const shown = { file, name: 'Ümläut 😀.png', type: 'image/png', size: PICTURE.length, width: 30, height: 20 };
  assert.deepEqual(attachments, [shown]);
  const { items } = (await service.server.get('/v1/users/bob/conversations/user:alice/messages').expect(200)).body;
  assert.deepEqual(items.at(-1).attachments, [shown]);
  assert.deepEqual(items.at(-1).fields, {});
  const inbox = (await service.server.get('/v1/users/bob/inbox').expect(200)).body.items;
  assert.deepEqual(inbox.at(-1).attachments, [shown]);
  assert.deepEqual([await statusFor('bob', file), await statusFor('carol', file)], [200, 404]);
  // Nor does who is asked by another path, or who asks in the name of another.
  assert.equal((await (await service.user('carol')).get(`/v1/users/bob/files/${file}`)).status, 403);
  await service.server.get(`/v1/users/carol/files/${file}`).expect(404);
  await service.server.get(`/v1/users/bob/files/${'0'.repeat(32)}`).expect(404);
});

test('nobody sends a file that it has not uploaded and may not read; who may read one forwards it', async () => {
  const file = await uploadAs('alice');
  assert.equal((await send('bob', 'user:carol', file, 'a.png', 404)).code, 'file_not_found');
  assert.equal((await send('bob', 'user:carol', '0'.repeat(32), 'a.png', 404)).code, 'file_not_found');
  await send('alice', 'user:bob', file);
  assert.equal((await send('carol', 'user:dave', file, 'a.png', 404)).code, 'file_not_found');
  await send('bob', 'user:carol', file, 'forwarded.png');
  assert.equal(await statusFor('carol', file), 200);
  await send('carol', 'user:dave', file);
  assert.deepEqual([await statusFor('dave', file), await statusFor('erin', file)], [200, 404]);
  const results = (
    await service.server.post('/v1/messages/batch', {
      messages: [
        { uid: 'dave', conversation: 'user:erin', attachments: [{ file, name: 'x' }], fields: { text: 'look' } },
        { uid: 'olga', conversation: 'user:erin', attachments: [{ file, name: 'x' }] },
      ],
    })
  ).body.results;
  assert.deepEqual([results[0].status, results[1].status], [201, 404]);
  assert.deepEqual(results[0].message.fields, { text: 'look' });
});

test('a file in a group is for its members, and for who comes later what the group shows it', async () => {
  await service.team('team', 'alice', 'bob');
  const file = await uploadAs('alice');
  await send('alice', 'group:team', file);
  assert.deepEqual([await statusFor('bob', file), await statusFor('carol', file)], [200, 404]);
  await service.server.put('/v1/groups/team/members/carol').expect(201);
  assert.equal(await statusFor('carol', file), 200);
  await service.server.delete('/v1/groups/team/members/bob').expect(204);
  assert.equal(await statusFor('bob', file), 404);
  assert.equal((await send('bob', 'user:carol', file, 'a.png', 404)).code, 'file_not_found');
  await service.server.patch('/v1/groups/team', { historyPolicy: 'joined' }).expect(200);
  await service.server.put('/v1/groups/team/members/dave').expect(201);
  assert.equal(await statusFor('dave', file), 404);
  // Once it is sent anew, above the floor, it is read.
  await send('carol', 'group:team', file);
  assert.equal(await statusFor('dave', file), 200);
});

test('who hides a conversation reads its files no more, and who is blocked goes on reading what was sent', async () => {
  const file = await uploadAs('olga');
  await send('olga', 'user:otto', file);
  await service.server.put('/v1/users/olga/blocks/otto').expect(201);
  assert.equal(await statusFor('otto', file), 200);
  assert.equal((await send('otto', 'user:olga', file, 'a.png', 403)).code, 'blocked');
  await service.server.delete('/v1/users/otto/conversations/user:olga').expect(204);
  assert.equal(await statusFor('otto', file), 404);
});

test('a file of many messages is found by the conversations of who reads', async () => {
  const file = await uploadAs('ann');
  await send('ann', 'user:ben', file);
  // As if it had been sent to more conversations than are gone through.
  const refs = Array.from({ length: 150 }, (_, i) => ['0', `ds:u${i}:v${i} 1-1`]).flat();
  await service.redis.zadd(service.keys.fileMessages(file as never), ...refs);
  assert.deepEqual([await statusFor('ben', file), await statusFor('cy', file)], [200, 404]);
});

test('a message with files needs no text, and not more than ten files; their names are names', async () => {
  const file = await uploadAs('alice');
  const path = '/v1/users/alice/conversations/user:bob/messages';
  for (const body of [{}, { fields: {} }, { attachments: [] }, { fields: {}, attachments: [] }]) {
    assert.match(
      (await service.server.post(path, body).expect(400)).body.detail,
      /or an attachment, for example \{"fields":/,
    );
  }
  const many = Array.from({ length: 11 }, () => ({ file, name: 'x' }));
  await service.server.post(path, { attachments: many }).expect(400);
  await service.server.post(path, { attachments: many.slice(1) }).expect(201);
  for (const name of [
    '',
    '.',
    '..',
    '../../etc/passwd',
    'a\\b',
    'a\0b',
    'a\nb',
    'photo\u202egpj.exe',
    'x'.repeat(256),
  ]) {
    assert.equal((await send('alice', 'user:bob', file, name, 400)).code, 'invalid_request', name);
  }
  for (const name of ['...', 'a b.tar.gz', 'it\'s "quoted"; filename=x', '😀'.repeat(255)]) {
    await send('alice', 'user:bob', file, name);
  }
  await service.server.post(path, { fields: { attachments: 'x' } }).expect(422);
});

test('a repeated send answers with its files, and with others it is another message', async () => {
  const [file, other] = [await uploadAs('alice'), await uploadAs('alice')];
  const path = '/v1/users/alice/conversations/user:bob/messages';
  const body = { attachments: [{ file, name: 'x' }], clientMessageId: 'with-a-file' };
  const first = (await service.server.post(path, body).expect(201)).body;
  assert.deepEqual((await service.server.post(path, body).expect(200)).body, first);
  const changed = { ...body, attachments: [{ file: other, name: 'x' }] };
  assert.equal((await service.server.post(path, changed).expect(422)).body.code, 'client_message_id_reused');
  // Editing changes the fields, down to none.
  const at = `${path}/${first.id}`;
  await service.server.patch(at, { fields: { text: 'look' } }).expect(200);
  const edited = (await service.server.patch(at, { fields: { text: null } }).expect(200)).body;
  assert.deepEqual([edited.fields, edited.attachments], [{}, first.attachments]);
});

test('a ticket reads a file of its user, as an <img> does', async () => {
  const file = await uploadAs('alice');
  await send('alice', 'user:bob', file);
  const { ticket } = (await (await service.user('bob')).post('/v1/users/me/tickets').expect(201)).body;
  const ofBob = await fetch(`${service.url}/v1/users/bob/files/${file}?ticket=${ticket}`);
  assert.deepEqual([ofBob.status, ofBob.headers.get('cross-origin-resource-policy')], [200, 'cross-origin']);
  const ofCarol = await fetch(`${service.url}/v1/users/carol/files/${file}?ticket=${ticket}`);
  assert.equal(ofCarol.status, 403);
  assert.equal((await fetch(`${service.url}/v1/users/bob/files/${file}?ticket=x`)).status, 401);
  assert.equal((await fetch(`${service.url}/v1/users/bob/files/${file}`)).status, 401);
});

test('only pictures, sound and film are shown where they are: anything else is saved, and nothing runs', async () => {
  const html = '<!doctype html><script>alert(1)</script>';
  const cases: [bytes: Uint8Array | string, declared: string, type: string, disposition: string][] = [
    [PICTURE, 'image/png', 'image/png', 'inline'],
    [html, 'text/html', 'application/octet-stream', 'attachment'],
    [html, 'image/png', 'application/octet-stream', 'attachment'],
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml', 'application/octet-stream', 'attachment'],
    ['alert(1)', 'text/javascript', 'application/octet-stream', 'attachment'],
    ['%PDF-1.7\n', 'application/pdf', 'application/octet-stream', 'attachment'],
  ];
  for (const [bytes, declared, type, disposition] of cases) {
    const { headers } = await read('alice', await uploadAs('alice', bytes, declared));
    assert.equal(headers.get('content-type'), type, declared);
    assert.equal(headers.get('content-disposition'), disposition, declared);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.match(headers.get('content-security-policy')!, /default-src 'none'; sandbox;/);
  }
  const file = await uploadAs('alice');
  await send('alice', 'user:bob', file, 'Ü 😀 "x".png');
  const told = (await read('bob', file)).headers.get('content-disposition')!;
  assert.ok(told.startsWith('inline; filename="'), told);
  assert.ok(told.endsWith(`; filename*=UTF-8''%C3%9C%20%F0%9F%98%80%20%22x%22.png`), told);
});

test('a file is read in parts, by HEAD, and not again where it is known', async () => {
  const bytes = Buffer.from(Array.from({ length: 100 }, (_, i) => i));
  const file = await uploadAs('alice', bytes, 'application/octet-stream');
  const parts: [range: string, status: number, from: number, to: number, content?: string][] = [
    ['bytes=0-9', 206, 0, 9, 'bytes 0-9/100'],
    ['bytes=90-', 206, 90, 99, 'bytes 90-99/100'],
    ['bytes=-5', 206, 95, 99, 'bytes 95-99/100'],
    ['bytes=50-1000', 206, 50, 99, 'bytes 50-99/100'],
    ['bytes=0-0', 206, 0, 0, 'bytes 0-0/100'],
    // Several, or what is no range: all of it.
    ['bytes=0-1,5-6', 200, 0, 99],
    ['lines=1-2', 200, 0, 99],
    ['bytes=x', 200, 0, 99],
  ];
  for (const [range, status, from, to, content] of parts) {
    const answer = await read('alice', file, { range });
    assert.equal(answer.status, status, range);
    assert.equal(answer.headers.get('content-range') ?? undefined, content, range);
    assert.equal(answer.headers.get('content-length'), String(to - from + 1));
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), bytes.subarray(from, to + 1), range);
  }
  const beyond = await read('alice', file, { range: 'bytes=100-' });
  assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, 'bytes */100']);
  assert.equal(((await beyond.json()) as { code: string }).code, 'range_not_satisfiable');

  const head = await read('alice', file, {}, 'HEAD');
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '100']);
  const part = await read('alice', file, { range: 'bytes=0-9' }, 'HEAD');
  assert.deepEqual([part.status, part.headers.get('content-length')], [206, '10']);
  assert.equal((await read('bob', file, {}, 'HEAD')).status, 404);

  const etag = head.headers.get('etag')!;
  for (const known of [etag, `"x", ${etag}`, `W/${etag}`, '*']) {
    const answer = await read('alice', file, { 'if-none-match': known });
    assert.deepEqual([answer.status, await answer.text()], [304, ''], known);
  }
  assert.equal((await read('alice', file, { 'if-none-match': '"x"' })).status, 200);
  // Who may not read it is not told that it knows it.
  assert.equal((await read('bob', file, { 'if-none-match': etag })).status, 404);
  assert.equal((await read('alice', file, { 'if-range': etag, range: 'bytes=0-9' })).status, 206);
  assert.equal((await read('alice', file, { 'if-range': '"x"', range: 'bytes=0-9' })).status, 200);
});

test('an export has the files of messages', async () => {
  const file = await uploadAs('alice');
  await send('alice', 'user:bob', file, 'exported.png');
  const { text } = await (await service.user('bob'))
    .get('/v1/users/me/export')
    .buffer(true)
    .parse((response, done) => {
      let all = '';
      response.on('data', (chunk: Buffer) => {
        all += chunk;
      });
      response.on('end', () => done(null, all));
    })
    .then(({ body }) => ({ text: String(body) }));
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.ok(lines.some(({ data }) => data.attachments?.some(({ name }: { name: string }) => name === 'exported.png')));
});
