import WebSocket from 'ws';
import type { Service } from '../helpers/service.ts';
import { ADMIN_KEY } from '../helpers/spaces.ts';

/**
 * Who may call what: every operation of the OpenAPI document, as every kind of caller. The callers, in the order of the
 * columns. `self` is the user in the path; `stranger` another user with that path; those that follow call with their own
 * uid where the path's is the acting one. `operator` has a key of ADMIN_KEYS.
 */
export const CALLERS = [
  'nobody',
  'garbage',
  'expired',
  'stranger',
  'self',
  'non-member',
  'banned',
  'member',
  'silenced',
  'admin',
  'owner',
  'server',
  'operator',
] as const;
type Caller = (typeof CALLERS)[number];

/**
 * What one call finds: a group of alice's with bob and erin, ada the admin, and sid who is silenced; ben is banned, and
 * frank wants to join; a message of bob's.
 */
interface World {
  gid: string;
  mid: string;
  /** A file that a message in the group carries. */
  file: string;
  fresh: string;
  /** A webhook. */
  hook: string;
}

export interface Row {
  /** The user in the path, whose token `self` has. */
  subject?: 'bob' | 'frank' | 'gina';
  /** The path's uid is the acting user: members and owners call with their own. */
  acting?: true;
  /** It is opened as a WebSocket. */
  socket?: true;
  call: (world: World, uid: string) => [path: string, body?: object];
  /** Of all callers but the operator, whom everything refuses that is not public. */
  expect: string;
  /** Where it does not: what it answers an operator with. */
  operator?: number;
}

const SIGNED_IN = '401 401 401 200 200 200 200 200 200 200 200 200';
const SELF = '401 401 401 403 200 200 200 200 200 200 200 200';
export const SERVER = '401 401 401 403 403 403 403 403 403 403 403';
const OPERATOR = '401 401 401 403 403 403 403 403 403 403 403 403';
const PUBLIC = '200 200 200 200 200 200 200 200 200 200 200 200';
const MEMBERS = '401 401 401 403 200 403 403 200 200 200 200 200';
const ADMINS = '401 401 401 403 403 403 403 403 403 200 200 200';
const FIELDS = { fields: { text: 'x' } };
const history = (uid: string, { gid }: World) => `/v1/users/${uid}/conversations/group:${gid}/messages`;

export const ROWS: Record<string, Row> = {
  putUser: { acting: true, call: (_w, uid) => [`/v1/users/${uid}`, FIELDS], expect: SELF },
  patchUser: { acting: true, call: (_w, uid) => [`/v1/users/${uid}`, FIELDS], expect: SELF },
  getUser: { call: (_w, uid) => [`/v1/users/${uid}`], expect: SIGNED_IN },
  deleteUser: { call: ({ fresh }) => [`/v1/users/${fresh}`], expect: `${SERVER} 204` },
  uploadFile: {
    acting: true,
    call: (_w, uid) => [`/v1/users/${uid}/files`, FIELDS],
    expect: '401 401 401 403 201 201 201 201 201 201 201 201',
  },
  getFile: {
    acting: true,
    call: ({ file }, uid) => [`/v1/users/${uid}/files/${file}`],
    // Who may not read it does not learn whether there is one.
    expect: '401 401 401 403 200 404 404 200 200 200 200 200',
  },
  exportUser: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/export`], expect: SELF },
  listUsers: { call: () => ['/v1/users?ids=alice,bob'], expect: SIGNED_IN },
  listContacts: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/contacts`], expect: SELF },
  putContact: {
    acting: true,
    call: ({ fresh }, uid) => [`/v1/users/${uid}/contacts/${fresh}`],
    expect: '401 401 401 403 201 201 201 201 201 201 201 201',
  },
  deleteContact: {
    acting: true,
    call: (_w, uid) => [`/v1/users/${uid}/contacts/linked`],
    expect: '401 401 401 403 204 204 204 204 204 204 204 204',
  },
  listBlocks: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/blocks`], expect: SELF },
  putBlock: {
    acting: true,
    call: ({ fresh }, uid) => [`/v1/users/${uid}/blocks/${fresh}`],
    expect: '401 401 401 403 201 201 201 201 201 201 201 201',
  },
  deleteBlock: {
    acting: true,
    call: ({ fresh }, uid) => [`/v1/users/${uid}/blocks/${fresh}`],
    expect: '401 401 401 403 204 204 204 204 204 204 204 204',
  },
  putGroup: { call: ({ gid }) => [`/v1/groups/${gid}`, FIELDS], expect: ADMINS },
  patchGroup: { call: ({ gid }) => [`/v1/groups/${gid}`, FIELDS], expect: ADMINS },
  listGroups: { call: ({ gid }) => [`/v1/groups?ids=${gid}`], expect: SIGNED_IN },
  getGroup: { call: ({ gid }) => [`/v1/groups/${gid}`], expect: SIGNED_IN },
  deleteGroup: { call: ({ gid }) => [`/v1/groups/${gid}`], expect: '401 401 401 403 403 403 403 403 403 403 204 204' },
  listMembers: { call: ({ gid }) => [`/v1/groups/${gid}/members`], expect: MEMBERS },
  addMembers: { call: ({ gid, fresh }) => [`/v1/groups/${gid}/members`, { uids: [fresh] }], expect: ADMINS },
  getMember: { call: ({ gid }, uid) => [`/v1/groups/${gid}/members/${uid}`], expect: MEMBERS },
  patchMember: {
    call: ({ gid }, uid) => [`/v1/groups/${gid}/members/${uid}`, { silencedUntil: '2100-01-01T00:00:00Z' }],
    expect: ADMINS,
  },
  putMember: {
    subject: 'frank',
    call: ({ gid }, uid) => [`/v1/groups/${gid}/members/${uid}`],
    expect: '401 401 401 403 202 403 403 403 403 201 201 201',
  },
  deleteMember: {
    call: ({ gid }, uid) => [`/v1/groups/${gid}/members/${uid}`],
    expect: '401 401 401 403 204 403 403 403 403 204 204 204',
  },
  listJoinRequests: { call: ({ gid }) => [`/v1/groups/${gid}/requests`], expect: ADMINS },
  approveJoinRequest: {
    subject: 'frank',
    call: ({ gid }, uid) => [`/v1/groups/${gid}/requests/${uid}`],
    expect: '401 401 401 403 403 403 403 403 403 201 201 201',
  },
  deleteJoinRequest: {
    subject: 'frank',
    call: ({ gid }, uid) => [`/v1/groups/${gid}/requests/${uid}`],
    expect: '401 401 401 403 204 403 403 403 403 204 204 204',
  },
  listBans: { call: ({ gid }) => [`/v1/groups/${gid}/bans`], expect: ADMINS },
  putBan: {
    call: ({ gid }, uid) => [`/v1/groups/${gid}/bans/${uid}`],
    expect: '401 401 401 403 403 403 403 403 403 201 201 201',
  },
  deleteBan: {
    call: ({ gid }) => [`/v1/groups/${gid}/bans/ben`],
    expect: '401 401 401 403 403 403 403 403 403 204 204 204',
  },
  sendMessage: {
    acting: true,
    call: (world, uid) => [history(uid, world), FIELDS],
    expect: '401 401 401 403 201 403 403 201 403 201 201 201',
  },
  listMessages: { acting: true, call: (world, uid) => [history(uid, world)], expect: MEMBERS },
  getMessage: { acting: true, call: (world, uid) => [`${history(uid, world)}/${world.mid}`], expect: MEMBERS },
  deleteMessage: {
    acting: true,
    call: (world, uid) => [`${history(uid, world)}/${world.mid}`],
    expect: '401 401 401 403 204 403 403 403 403 204 204 204',
  },
  patchMessage: {
    acting: true,
    call: (world, uid) => [`${history(uid, world)}/${world.mid}`, FIELDS],
    expect: '401 401 401 403 200 403 403 403 403 403 403 200',
  },
  listReplies: { acting: true, call: (world, uid) => [`${history(uid, world)}/${world.mid}/replies`], expect: MEMBERS },
  putReaction: {
    acting: true,
    call: (world, uid) => [`${history(uid, world)}/${world.mid}/reactions/%F0%9F%91%8D`],
    expect: '401 401 401 403 200 403 403 200 403 200 200 200',
  },
  deleteReaction: {
    acting: true,
    call: (world, uid) => [`${history(uid, world)}/${world.mid}/reactions/%F0%9F%91%8D`],
    expect: '401 401 401 403 204 403 403 204 403 204 204 204',
  },
  listReactions: {
    acting: true,
    call: (world, uid) => [`${history(uid, world)}/${world.mid}/reactions`],
    expect: MEMBERS,
  },
  createEvent: {
    call: ({ gid }) => [`/v1/users/bob/conversations/group:${gid}/events`, FIELDS],
    expect: `${SERVER} 201`,
  },
  sendBatch: {
    call: ({ gid }) => ['/v1/messages/batch', { messages: [{ uid: 'bob', conversation: `group:${gid}`, ...FIELDS }] }],
    expect: `${SERVER} 200`,
  },
  listConversations: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/conversations`], expect: SELF },
  getUnread: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/unread`], expect: SELF },
  getConversation: {
    acting: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}`],
    expect: '401 401 401 403 200 404 404 200 200 200 200 200',
  },
  patchConversation: {
    acting: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}`, { pinned: true }],
    expect: '401 401 401 403 200 404 404 200 200 200 200 200',
  },
  deleteConversation: {
    acting: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}`],
    expect: '401 401 401 403 204 204 204 204 204 204 204 204',
  },
  markRead: {
    acting: true,
    call: ({ gid, mid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}/read`, { upTo: mid }],
    expect: '401 401 401 403 200 404 404 200 200 200 200 200',
  },
  listReceipts: {
    acting: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}/receipts`],
    expect: MEMBERS,
  },
  listPresence: { call: () => ['/v1/presence?ids=alice,bob'], expect: SIGNED_IN },
  putTyping: {
    acting: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}/typing`],
    // Who is silenced does not type either.
    expect: '401 401 401 403 204 403 403 204 403 204 204 204',
  },
  readInbox: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/inbox?block=0`], expect: SELF },
  streamInbox: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/inbox/stream`], expect: SELF },
  openSocket: {
    acting: true,
    socket: true,
    call: (_w, uid) => [`/v1/users/${uid}/inbox/socket`],
    // Who sends no credential has to send one in the first frame.
    expect: '101 401 401 403 101 101 101 101 101 101 101 101',
  },
  streamConversation: {
    acting: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}/stream`],
    expect: MEMBERS,
  },
  openConversationSocket: {
    acting: true,
    socket: true,
    call: ({ gid }, uid) => [`/v1/users/${uid}/conversations/group:${gid}/socket`],
    expect: '101 401 401 403 101 403 403 101 101 101 101 101',
  },
  createToken: { call: () => ['/v1/tokens', { uid: 'bob' }], expect: `${SERVER} 201` },
  deleteTokens: {
    // Nobody else's row: its token is good for nothing after the call.
    subject: 'gina',
    call: (_w, uid) => [`/v1/users/${uid}/tokens`],
    expect: '401 401 401 403 204 403 403 403 403 403 403 204',
  },
  putSuspension: { call: ({ fresh }) => [`/v1/users/${fresh}/suspension`], expect: `${SERVER} 201` },
  deleteSuspension: { call: ({ fresh }) => [`/v1/users/${fresh}/suspension`], expect: `${SERVER} 204` },
  createTicket: {
    acting: true,
    call: (_w, uid) => [`/v1/users/${uid}/tickets`],
    expect: '401 401 401 403 201 201 201 201 201 201 201 201',
  },
  readJournal: { call: () => ['/v1/journal?consumer=linked'], expect: `${SERVER} 200` },
  streamJournal: { call: () => ['/v1/journal/stream?consumer=linked'], expect: `${SERVER} 200` },
  listConsumers: { call: () => ['/v1/journal/consumers'], expect: `${SERVER} 200` },
  getConsumer: { call: () => ['/v1/journal/consumers/linked'], expect: `${SERVER} 200` },
  putConsumer: { call: ({ fresh }) => [`/v1/journal/consumers/${fresh}`, {}], expect: `${SERVER} 201` },
  acknowledgeJournal: {
    call: () => ['/v1/journal/consumers/linked/checkpoint', { acknowledged: '1-1' }],
    expect: `${SERVER} 200`,
  },
  deleteConsumer: { call: ({ fresh }) => [`/v1/journal/consumers/${fresh}`], expect: `${SERVER} 204` },
  listWebhooks: { call: () => ['/v1/webhooks'], expect: `${SERVER} 200` },
  createWebhook: { call: () => ['/v1/webhooks', { url: 'https://example.invalid/' }], expect: `${SERVER} 201` },
  getWebhook: { call: ({ hook }) => [`/v1/webhooks/${hook}`], expect: `${SERVER} 200` },
  patchWebhook: { call: ({ hook }) => [`/v1/webhooks/${hook}`, { events: [] }], expect: `${SERVER} 200` },
  deleteWebhook: { call: ({ hook }) => [`/v1/webhooks/${hook}`], expect: `${SERVER} 204` },
  rotateWebhookSecret: { call: ({ hook }) => [`/v1/webhooks/${hook}/secret`, {}], expect: `${SERVER} 201` },
  listDeliveries: { call: ({ hook }) => [`/v1/webhooks/${hook}/deliveries`], expect: `${SERVER} 200` },
  redeliver: {
    call: ({ hook }) => [`/v1/webhooks/${hook}/redeliver`, { since: '2100-01-01T00:00:00Z' }],
    expect: `${SERVER} 202`,
  },
  testWebhook: { call: ({ hook }) => [`/v1/webhooks/${hook}/test`], expect: `${SERVER} 200` },
  getPush: { call: () => ['/v1/push'], expect: SIGNED_IN.replaceAll('200', '409') },
  listDevices: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/devices`], expect: SELF },
  getDevice: { acting: true, call: (_w, uid) => [`/v1/users/${uid}/devices/linked`], expect: SELF },
  putDevice: {
    acting: true,
    call: ({ fresh }, uid) => [`/v1/users/${uid}/devices/linked`, { kind: 'fcm', token: `${uid}-${fresh}` }],
    expect: SELF,
  },
  deleteDevice: {
    acting: true,
    call: ({ fresh }, uid) => [`/v1/users/${uid}/devices/${fresh}`],
    expect: '401 401 401 403 204 204 204 204 204 204 204 204',
  },
  listSpaces: { call: () => ['/v1/spaces'], expect: OPERATOR, operator: 200 },
  getSpace: { call: () => ['/v1/spaces/acme'], expect: OPERATOR, operator: 200 },
  putSpace: { call: () => ['/v1/spaces/another', {}], expect: OPERATOR, operator: 201 },
  rotateServerKey: { call: () => ['/v1/spaces/acme/server-key', {}], expect: OPERATOR, operator: 201 },
  deleteSpace: { call: () => ['/v1/spaces/another'], expect: OPERATOR, operator: 204 },
  getDemo: { call: () => ['/v1/demo'], expect: PUBLIC },
  demoLogin: { call: () => ['/v1/demo/login', { name: 'Alice' }], expect: PUBLIC.replaceAll('200', '201') },
  getHealth: { call: () => ['/healthz'], expect: PUBLIC },
  getReadiness: { call: () => ['/readyz'], expect: PUBLIC },
  getMetrics: { call: () => ['/metrics'], expect: PUBLIC },
};

export const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'gina', 'ada', 'ben', 'sid'];

/** Where the operations are called: the default space, or a named one, as its own backend and users see it. */
export interface Area extends Pick<Service, 'url' | 'with' | 'server' | 'say'> {
  serverKey: string;
  /** Of PEOPLE, and one that has `expired`. */
  tokens: Partial<Record<string, string>>;
}

let made = 0;
/** Where everybody has a device: no call takes one. */
const withDevices = new WeakSet<Area>();

/** Makes what one call finds. */
export async function makeWorld(area: Area): Promise<World> {
  const { server } = area;
  const id = made++;
  const gid = `g${id}`;
  const fresh = `fresh${id}`;
  await server.put(`/v1/users/${fresh}`, { fields: { name: fresh } }).expect(201);
  await server.put(`/v1/groups/${gid}`, { fields: {}, owner: 'alice' }).expect(201);
  for (const uid of ['bob', 'erin', 'ada', 'sid']) await server.put(`/v1/groups/${gid}/members/${uid}`).expect(201);
  await server.patch(`/v1/groups/${gid}/members/ada`, { role: 'admin' }).expect(200);
  await server.patch(`/v1/groups/${gid}/members/sid`, { silencedUntil: '2100-01-01T00:00:00Z' }).expect(200);
  await server.put(`/v1/groups/${gid}/bans/ben`).expect(201);
  await server.patch(`/v1/groups/${gid}`, { joinPolicy: 'approval' }).expect(200);
  const frank = area.with(area.tokens.frank);
  await frank.put(`/v1/groups/${gid}/members/frank`).expect(202);
  for (const uid of PEOPLE) await server.put(`/v1/users/${uid}/contacts/linked`);
  if (!withDevices.has(area)) {
    withDevices.add(area);
    for (const uid of PEOPLE) await server.put(`/v1/users/${uid}/devices/linked`, { kind: 'fcm', token: uid });
  }
  await server.put('/v1/journal/consumers/linked', {});
  const { id: mid } = await area.say('bob', `group:${gid}`, 'x');
  const upload = await server.post(`/v1/users/bob/files`, FIELDS).expect(201);
  const file = upload.body.id;
  const path = `/v1/users/bob/conversations/group:${gid}/messages`;
  await server.post(path, { attachments: [{ file, name: 'a.json' }] }).expect(201);
  return { gid, mid, file, fresh, hook: await makeHook(server) };
}

/** A webhook that nothing is sent to, in place of those before it. */
async function makeHook(server: Area['server']): Promise<string> {
  const { body } = await server.get('/v1/webhooks').expect(200);
  for (const { id } of body.items) await server.delete(`/v1/webhooks/${id}`).expect(204);
  const made = await server.post('/v1/webhooks', { url: 'https://example.invalid/', events: ['block.removed'] });
  return made.body.id;
}

const OWN: Partial<Record<Caller, string>> = {
  'non-member': 'carol',
  banned: 'ben',
  member: 'erin',
  silenced: 'sid',
  admin: 'ada',
  owner: 'alice',
};

function credentialOf({ serverKey, tokens }: Area, caller: Caller, subject: string): string | undefined {
  if (caller === 'nobody') return undefined;
  if (caller === 'garbage') return 'garbage';
  if (caller === 'server') return serverKey;
  if (caller === 'operator') return ADMIN_KEY;
  if (caller === 'expired') return tokens.expired;
  return tokens[caller === 'stranger' ? 'dave' : caller === 'self' ? subject : OWN[caller]!];
}

/** What every kind of caller is to be answered with. */
export function expectedOf({ expect, operator }: Row): string {
  return `${expect} ${operator ?? (expect.startsWith('401') || expect.startsWith('101') ? 403 : expect.split(' ')[0])}`;
}

/** Makes a call. The text is empty where the answer has no end of its own. */
export async function answerTo(
  area: Area,
  method: string,
  row: Row,
  caller: Caller,
): Promise<{ status: number; text: string }> {
  const world = await makeWorld(area);
  const subject = row.subject ?? 'bob';
  const [path, body] = row.call(world, row.acting ? (OWN[caller] ?? subject) : subject);
  const credential = credentialOf(area, caller, subject);
  if (row.socket) return { status: await statusOfSocket(area.url, path, credential), text: '' };
  const controller = new AbortController();
  const answer = await fetch(`${area.url}${path}`, {
    method,
    signal: controller.signal,
    headers: {
      ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream');
  const text = isStream ? '' : await answer.text();
  controller.abort();
  return { status: answer.status, text };
}

/** How a handshake is answered. */
function statusOfSocket(url: string, path: string, credential: string | undefined): Promise<number> {
  const headers = credential === undefined ? {} : { authorization: `Bearer ${credential}` };
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers });
  return new Promise((resolve, reject) => {
    const answered = (status: number) => {
      socket.terminate();
      resolve(status);
    };
    socket.once('open', () => answered(101));
    socket.once('unexpected-response', (_request, response) => answered(response.statusCode!));
    socket.on('error', reject);
  });
}
