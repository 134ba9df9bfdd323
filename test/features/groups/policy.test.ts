import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Action, allows, POLICY, ROLES, refusalOf } from '../../../src/domain/policy.ts';
import { useService } from '../../helpers/use.ts';

/** The policy table, whole: each action, as each role, by HTTP. */

const { service } = useService({
  prepare: (service) => service.people('owner', 'admin', 'member', 'outsider', 'other', 'second', 'joe', 'new'),
});

type Method = 'get' | 'put' | 'post' | 'patch' | 'delete';
type Call = [method: Method, path: string, body?: object];
interface World {
  gid: string;
  /** Of the plain member `other`. */
  mid: string;
}

const later = { silencedUntil: '2100-01-01T00:00:00Z' };
const CALLS: Record<Action, ((world: World, uid: string) => Call)[]> = {
  read: [
    () => ['get', '/members'],
    () => ['get', '/members/other'],
    ({ gid }, uid) => ['get', `/v1/users/${uid}/conversations/group:${gid}/messages`],
    ({ gid, mid }, uid) => ['get', `/v1/users/${uid}/conversations/group:${gid}/messages/${mid}`],
  ],
  send: [
    ({ gid }, uid) => ['post', `/v1/users/${uid}/conversations/group:${gid}/messages`, { fields: { text: 'x' } }],
    ({ gid, mid }, uid) => ['put', `/v1/users/${uid}/conversations/group:${gid}/messages/${mid}/reactions/ok`],
  ],
  sendRestricted: [
    ({ gid }, uid) => ['post', `/v1/users/${uid}/conversations/group:${gid}/messages`, { fields: { text: 'x' } }],
    ({ gid, mid }, uid) => ['put', `/v1/users/${uid}/conversations/group:${gid}/messages/${mid}/reactions/ok`],
  ],
  mentionAll: [
    ({ gid }, uid) => [
      'post',
      `/v1/users/${uid}/conversations/group:${gid}/messages`,
      { fields: { text: 'x' }, mentions: ['*'] },
    ],
  ],
  edit: [
    () => ['patch', '', { fields: { title: 'x' } }],
    () => ['put', '', { fields: { title: 'x' }, joinPolicy: 'approval' }],
  ],
  add: [() => ['put', '/members/new'], () => ['put', '/members', { uids: ['new'] }]],
  approve: [() => ['get', '/requests'], () => ['put', '/requests/joe'], () => ['delete', '/requests/joe']],
  remove: [() => ['delete', '/members/other']],
  silence: [() => ['patch', '/members/other', later], () => ['patch', '/members/other', { silencedUntil: null }]],
  ban: [
    () => ['get', '/bans'],
    () => ['put', '/bans/other'],
    () => ['put', '/bans/new'],
    () => ['delete', '/bans/new'],
  ],
  erase: [({ gid, mid }, uid) => ['delete', `/v1/users/${uid}/conversations/group:${gid}/messages/${mid}`]],
  moderateAdmins: [
    () => ['delete', '/members/second'],
    () => ['patch', '/members/second', later],
    () => ['put', '/bans/second'],
  ],
  appoint: [
    () => ['patch', '/members/other', { role: 'admin' }],
    () => ['patch', '/members/second', { role: 'member' }],
  ],
  policies: [
    () => ['patch', '', { joinPolicy: 'open' }],
    () => ['patch', '', { postPolicy: 'admins' }],
    () => ['patch', '', { historyPolicy: 'joined' }],
    () => ['put', '', { fields: {}, joinPolicy: 'closed' }],
  ],
  handOver: [() => ['patch', '', { owner: 'other' }]],
  delete: [() => ['delete', '']],
};

let made = 0;
async function makeWorld(action: Action): Promise<World> {
  const gid = `g${made++}`;
  await service.team(gid, 'owner', 'admin', 'member', 'other', 'second');
  for (const uid of ['admin', 'second']) {
    await service.server.patch(`/v1/groups/${gid}/members/${uid}`, { role: 'admin' }).expect(200);
  }
  const { id: mid } = await service.say('other', `group:${gid}`, 'x');
  const postPolicy = action === 'sendRestricted' ? 'admins' : 'members';
  await service.server.patch(`/v1/groups/${gid}`, { joinPolicy: 'approval', postPolicy }).expect(200);
  await (await service.user('joe')).put(`/v1/groups/${gid}/members/joe`).expect(202);
  return { gid, mid };
}

/** How a call is answered: the status, and the code of a refusal. */
async function answerTo(action: Action, index: number, caller: string): Promise<string> {
  const world = await makeWorld(action);
  const [method, path, body] = CALLS[action][index]!(world, caller);
  const client = caller === 'server' ? service.server : await service.user(caller);
  const url = path.startsWith('/v1/') ? path.replace('/server/', '/owner/') : `/v1/groups/${world.gid}${path}`;
  const { status, body: answer } = await client[method](url, body);
  return status < 300 ? 'allowed' : `${status} ${answer.code}`;
}

/** What these two are told is more than who may. */
const REFUSED: Partial<Record<Action, string>> = {
  sendRestricted: 'posting_restricted',
  mentionAll: 'forbidden',
  erase: 'forbidden',
};

for (const action of Object.keys(POLICY) as Action[]) {
  test(`the policy of ${action} holds for every role`, async () => {
    for (const index of CALLS[action].keys()) {
      for (const role of ROLES) {
        const expected = allows(action, role) ? 'allowed' : `403 ${REFUSED[action] ?? refusalOf(action)}`;
        assert.equal(await answerTo(action, index, role), expected, `${role}: ${CALLS[action][index]}`);
      }
      assert.equal(await answerTo(action, index, 'server'), 'allowed', `server: ${CALLS[action][index]}`);
      assert.match(await answerTo(action, index, 'outsider'), /^403 not_/, `outsider: ${CALLS[action][index]}`);
    }
  });
}
