import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../helpers/openapi.ts';
import { ADMIN_KEY, makeSpace, SPACES_ON } from '../helpers/spaces.ts';
import { useService } from '../helpers/use.ts';

/** DELETE names a state: who repeats one after a lost answer is told no error, whatever it was of. */

const { service } = useService({
  config: SPACES_ON,
  prepare: async (service) => {
    await service.people('alice', 'bob', 'carol', 'dave', 'erin', 'gone');
    await service.team('team', 'alice', 'bob', 'carol');
    await service.team('temp', 'alice');
  },
});

const HISTORY = '/v1/users/bob/conversations/group:team/messages';

/** What each DELETE is of, where it is there; and the same of what never was, and how that is answered. */
const ROWS: Record<
  string,
  { there: () => Promise<string> | string; never: [path: string, status: 204 | 404, code?: string] }
> = {
  deleteUser: { there: () => '/v1/users/gone', never: ['/v1/users/nobody', 404, 'user_not_found'] },
  deleteGroup: { there: () => '/v1/groups/temp', never: ['/v1/groups/nothing', 204] },
  deleteContact: {
    there: async () => {
      await service.server.put('/v1/users/alice/contacts/bob').expect(201);
      return '/v1/users/alice/contacts/bob';
    },
    never: ['/v1/users/alice/contacts/nobody', 204],
  },
  deleteBlock: {
    there: async () => {
      await service.server.put('/v1/users/alice/blocks/dave').expect(201);
      return '/v1/users/alice/blocks/dave';
    },
    never: ['/v1/users/alice/blocks/nobody', 204],
  },
  deleteMember: {
    there: () => '/v1/groups/team/members/carol',
    never: ['/v1/groups/nothing/members/carol', 404, 'group_not_found'],
  },
  deleteJoinRequest: {
    there: async () => {
      await service.server.patch('/v1/groups/team', { joinPolicy: 'approval' }).expect(200);
      await (await service.user('dave')).put('/v1/groups/team/members/me').expect(202);
      return '/v1/groups/team/requests/dave';
    },
    never: ['/v1/groups/nothing/requests/dave', 404, 'group_not_found'],
  },
  deleteBan: {
    there: async () => {
      await service.server.put('/v1/groups/team/bans/erin').expect(201);
      return '/v1/groups/team/bans/erin';
    },
    never: ['/v1/groups/nothing/bans/erin', 404, 'group_not_found'],
  },
  deleteMessage: {
    there: async () => `${HISTORY}/${(await service.say('bob', 'group:team', 'x')).id}`,
    never: [`${HISTORY}/1-1`, 404, 'message_not_found'],
  },
  deleteReaction: {
    there: async () => {
      const path = `${HISTORY}/${(await service.say('bob', 'group:team', 'x')).id}/reactions/ok`;
      await service.server.put(path).expect(200);
      return path;
    },
    never: [`${HISTORY}/1-1/reactions/ok`, 404, 'message_not_found'],
  },
  deleteConversation: {
    there: async () => {
      await service.say('bob', 'user:alice', 'x');
      return '/v1/users/bob/conversations/user:alice';
    },
    never: ['/v1/users/bob/conversations/user:nobody', 204],
  },
  deleteTokens: { there: () => '/v1/users/erin/tokens', never: ['/v1/users/nobody/tokens', 404, 'user_not_found'] },
  deleteConsumer: {
    there: async () => {
      await service.server.put('/v1/journal/consumers/billing', {}).expect(201);
      return '/v1/journal/consumers/billing';
    },
    never: ['/v1/journal/consumers/nothing', 204],
  },
  deleteWebhook: {
    there: async () => {
      const { body } = await service.server.post('/v1/webhooks', { url: 'https://example.invalid/' }).expect(201);
      return `/v1/webhooks/${body.id}`;
    },
    never: ['/v1/webhooks/3f0a6c1e-5a0b-4a57-9b3d-1d2c7f5a9e10', 204],
  },
  deleteDevice: {
    there: async () => {
      await service.server.put('/v1/users/alice/devices/phone', { kind: 'fcm', token: 't' }).expect(201);
      return '/v1/users/alice/devices/phone';
    },
    never: ['/v1/users/alice/devices/nothing', 204],
  },
  deleteSpace: {
    there: async () => {
      await makeSpace(service, 'acme');
      return '/v1/spaces/acme';
    },
    never: ['/v1/spaces/nothing', 204],
  },
  deleteSuspension: {
    there: async () => {
      await service.server.put('/v1/users/erin/suspension').expect(201);
      return '/v1/users/erin/suspension';
    },
    never: ['/v1/users/nobody/suspension', 204],
  },
};

test('every DELETE has a row', () => {
  const all = operations.filter(({ method }) => method === 'delete').map(({ operationId }) => operationId);
  assert.ok(all.length > 0);
  assert.deepEqual(all.sort(), Object.keys(ROWS).sort());
});

for (const [operationId, { there, never }] of Object.entries(ROWS)) {
  test(`${operationId}: a repeat answers as the first did, and what never was is answered as it says`, async () => {
    const path = await there();
    const caller = path.startsWith('/v1/spaces/') ? service.with(ADMIN_KEY) : service.server;
    for (const _ of [1, 2, 3]) await caller.delete(path).expect(204, '');
    const [other, status, code] = never;
    assert.equal((await caller.delete(other).expect(status)).body?.code, code);
  });
}

test('of what is gone, too, only who may remove it is told so', async () => {
  const bob = await service.user('bob');
  for (const path of ['members/nobody', 'requests/nobody', 'bans/nobody']) {
    assert.equal((await bob.delete(`/v1/groups/team/${path}`).expect(403)).body.code, 'not_admin');
  }
  await bob.delete('/v1/users/nobody').expect(403);
});
