import assert from 'node:assert/strict';
import { test } from 'node:test';
import WebSocket from 'ws';
import { eventually } from '../../helpers/delivery.ts';
import { API_KEY, type Service, startService } from '../../helpers/service.ts';
import { useTwoNodes } from '../../helpers/use.ts';

/** Signing out everywhere, and suspension: on two nodes. */

const { redis, one, other } = useTwoNodes();

const tokenFor = async (uid: string): Promise<string> =>
  (await one.server.post('/v1/tokens', { uid }).expect(201)).body.token;

/** An open stream: once it is live, and its whole text when it ends. */
async function follow(service: Service, uid: string, credential: string) {
  const inQuery = credential.startsWith('?');
  const answer = await fetch(`${service.url}/v1/users/${uid}/inbox/stream${inQuery ? credential : ''}`, {
    headers: inQuery ? {} : { authorization: `Bearer ${credential}` },
  });
  assert.equal(answer.status, 200);
  const reader = answer.body!.getReader();
  let text = '';
  const more = async () => {
    const { value, done } = await reader.read();
    if (value) text += Buffer.from(value).toString();
    return !done;
  };
  while (!text.includes('event: ready')) await more();
  return {
    end: async () => {
      while (await more());
      return text;
    },
    shows: async (part: string) => {
      while (!text.includes(part)) assert.ok(await more(), text);
    },
    cancel: () => reader.cancel(),
  };
}

/** A WebSocket, and how it is closed. */
async function socket(service: Service, uid: string, token: string) {
  const webSocket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/users/${uid}/inbox/socket`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const closed = new Promise<string>((resolve) => {
    webSocket.once('close', (code, reason) => resolve(`${code} ${reason}`));
  });
  await new Promise((resolve) => webSocket.once('message', resolve));
  return { closed };
}

async function refused(token: string, status: number, code: string): Promise<void> {
  for (const service of [one, other]) {
    const ask = () => service.with(token).get('/v1/users/me');
    await eventually(async () => (await ask()).status === status, `${status} for the token`);
    assert.equal((await ask()).body.code, code);
  }
}

test('who is signed out everywhere is out on every node, with streams, sockets and tickets, and signs in anew', async () => {
  await one.people('alice');
  const token = await tokenFor('alice');
  const { ticket } = (await one.with(token).post('/v1/users/me/tickets').expect(201)).body;
  const streams = [await follow(one, 'alice', token), await follow(other, 'alice', token)];
  streams.push(await follow(other, 'alice', `?ticket=${ticket}`));
  const sockets = [await socket(one, 'alice', token), await socket(other, 'alice', token)];
  const ofServer = await follow(other, 'alice', API_KEY);
  await other.with(token).delete('/v1/users/me/tokens').expect(204);
  for (const stream of streams) assert.match(await stream.end(), /event: bye\ndata: \{"reason":"token_revoked"/);
  for (const { closed } of sockets) assert.equal(await closed, '4401 token_revoked');
  await refused(token, 401, 'token_revoked');
  const withTicket = await fetch(`${one.url}/v1/users/alice/inbox/stream?ticket=${ticket}`);
  assert.equal(withTicket.status, 401);
  const anew = await tokenFor('alice');
  for (const service of [one, other]) await service.with(anew).get('/v1/users/me').expect(200);
  await one.say('alice', 'user:alice', 'still here');
  await ofServer.shows('still here');
  await ofServer.cancel();
  await one.server.delete('/v1/users/nobody/tokens').expect(404);
});

test('a suspended user is out on every node until it is lifted, with new tokens too', async () => {
  await one.people('bob', 'carol');
  const token = await tokenFor('bob');
  const stream = await follow(other, 'bob', token);
  const { closed } = await socket(one, 'bob', token);
  const { body } = await one.server.put('/v1/users/bob/suspension').expect(201);
  assert.deepEqual((await other.server.put('/v1/users/bob/suspension').expect(200)).body, body);
  assert.match(await stream.end(), /event: bye\ndata: \{"reason":"suspended"/);
  assert.equal(await closed, '4403 suspended');
  await refused(token, 403, 'suspended');
  const later = await tokenFor('bob');
  await refused(later, 403, 'suspended');
  await one.say('carol', 'user:bob', 'it arrives');
  const third = await startService(redis, { keyPrefix: one.config.keyPrefix });
  try {
    assert.equal((await third.with(later).get('/v1/users/me').expect(403)).body.code, 'suspended');
  } finally {
    await third.close();
  }

  await one.server.delete('/v1/users/bob/suspension').expect(204);
  await one.server.delete('/v1/users/bob/suspension').expect(204);
  for (const service of [one, other]) {
    const ask = () => service.with(later).get('/v1/users/me/inbox');
    await eventually(async () => (await ask()).status === 200, 'the new token to be taken');
    assert.equal((await ask()).body.items.at(-1).fields.text, 'it arrives');
  }
  await refused(token, 401, 'token_revoked');
  await one.server.put('/v1/users/nobody/suspension').expect(404);
});

test('a suspension ends with the user', async () => {
  await one.people('dora');
  await one.server.put('/v1/users/dora/suspension').expect(201);
  await one.server.delete('/v1/users/dora').expect(204);
  await one.people('dora');
  const token = await tokenFor('dora');
  // What a node that starts later finds.
  const third = await startService(redis, { keyPrefix: one.config.keyPrefix });
  try {
    for (const service of [one, other, third]) {
      await eventually(
        async () => (await service.with(token).get('/v1/users/me')).status === 200,
        'the token to be taken',
      );
    }
  } finally {
    await third.close();
  }
});
