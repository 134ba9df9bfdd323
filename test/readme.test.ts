import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FIGURES } from '../scripts/figures.ts';
import { generate } from '../scripts/generated.ts';
import { POLICY_TABLE } from '../scripts/policy.ts';
import { SETTINGS } from '../scripts/settings.ts';
import type { LogName } from '../src/domain/conversations.ts';
import type { FileId } from '../src/domain/files.ts';
import { Keys } from '../src/redis/keys.ts';
import { eventually } from './helpers/delivery.ts';
import { upload } from './helpers/files.ts';
import { gid, uid } from './helpers/im.ts';
import { headings, relativeLinks } from './helpers/markdown.ts';
import { BEFORE_SEND_SECRET } from './helpers/reviewer.ts';
import { API_KEY, type Service, startService } from './helpers/service.ts';
import { Paste, shells } from './helpers/shells.ts';
import { SPACES_ON } from './helpers/spaces.ts';
import { useService } from './helpers/use.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'src/client/README.md',
  ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const readme = read('README.md');
const keysPage = read('docs/keys.md');

const { redis, service } = useService({ config: { keyPrefix: '' } });

test('the README is short enough to be read', () => {
  assert.ok(readme.split('\n').length <= 300, `${readme.split('\n').length} lines; move what few users need to docs/`);
});

for (const page of PAGES) {
  test(`every link of ${page} leads to a file, and to a heading of it`, () => {
    for (const { path, heading } of relativeLinks(read(page))) {
      const target = path === '' ? page : join(dirname(page), path);
      assert.ok(existsSync(join(ROOT, target)), `${page} links ${target}, which is not there`);
      if (heading) assert.ok(headings(read(target)).includes(heading), `${target} has no heading #${heading}`);
    }
  });
}

test('the README leads to every other page', () => {
  const linked = relativeLinks(readme).map(({ path }) => path);
  for (const page of PAGES) if (page !== 'README.md') assert.ok(linked.includes(page), page);
});

test('the table of settings is that of the schema (npm run settings)', () => {
  const { is, shouldBe } = generate(SETTINGS);
  assert.equal(is, shouldBe);
});

test('the table of who may do what in a group is that of the policy (npm run policy)', () => {
  const { is, shouldBe } = generate(POLICY_TABLE);
  assert.equal(is, shouldBe);
});

test('the tables of faults and benchmarks are those that were measured (npm run figures)', () => {
  for (const { is, shouldBe } of FIGURES.map(generate)) assert.equal(is, shouldBe);
});

/** A shell that is about to end may still write its history there. */
function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, maxRetries: 10, retryDelay: 50 });
}

const hasCurl = spawnSync('curl', ['--version']).status === 0;
const skip = !hasCurl && !process.env.CI && 'curl is not installed';

/** Pastes all blocks of the section at once, until the last, the stream, has shown what was sent. */
async function pasteReadme(t: TestContext, shell: string, { url }: Service, folder: string): Promise<void> {
  const section = readme.slice(readme.indexOf('## The API in curl'), readme.indexOf('**Callers.**'));
  const blocks = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code]) => code!);
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/api-key'), API_KEY);
  const paste = new Paste(shell, blocks.join('').replace('http://127.0.0.1:8888', url), folder);
  t.after(() => paste.kill());
  await paste.shows(/event: message\ndata: .*"hello, team"/);
  assert.doesNotMatch(paste.output, /not found|no matches|unexpected/i);
  assert.ok(paste.answers.length >= 9, paste.output);
  for (const answer of paste.answers) assert.equal(answer.code, undefined, JSON.stringify(answer));
}

for (const { name, skip: noShell } of shells) {
  const why = skip || noShell;
  test(`the curl lines of the README work as they are pasted into ${name}`, { skip: why }, async (t) => {
    const fresh = await startService(redis);
    const folder = mkdtempSync(join(tmpdir(), 'redisim-readme-'));
    t.after(async () => {
      await fresh.close();
      removeFolder(folder);
    });
    await pasteReadme(t, name, fresh, folder);
  });
}

interface PageOptions {
  config?: Parameters<typeof startService>[1];
  /** Which blocks of lines; the first one, if nothing is said. */
  blocks?: [from: number, to: number];
  /** The codes of the errors that are meant to be shown. */
  codes?: string[];
  /** What is pasted at the end. */
  last?: string;
}

/** What comes of the curl lines of a page of the documents, pasted where a service of their own answers. */
async function pastePage(
  t: TestContext,
  path: string,
  { config = {}, blocks = [0, 1], codes = [], last = '' }: PageOptions = {},
) {
  const fresh = await startService(redis, config);
  const folder = mkdtempSync(join(tmpdir(), 'redisim-page-'));
  t.after(async () => {
    await fresh.close();
    removeFolder(folder);
  });
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data/api-key'), API_KEY);
  writeFileSync(join(folder, 'data/before-send-secret'), BEFORE_SEND_SECRET);
  const code = [...read(path).matchAll(/```sh\n([\s\S]*?)```/g)].slice(...blocks).map(([, lines]) => lines!);
  const lines = code.join('').replaceAll('http://127.0.0.1:8888/v1', `${fresh.url}/v1`);
  const paste = new Paste('bash', `${lines}\necho all done\n${last}`, folder);
  t.after(() => paste.kill());
  // The prompt comes by another pipe, and may stand in front.
  await paste.shows(/(?:^|[#$] )all done/m);
  assert.doesNotMatch(paste.output, /not found|no matches|unexpected/i);
  assert.deepEqual(
    paste.answers.flatMap(({ code }) => code ?? []),
    codes,
    paste.output,
  );
  return paste;
}

test('the curl lines of docs/backend.md work as they are pasted', { skip }, async (t) => {
  const paste = await pastePage(t, 'docs/backend.md', {
    config: { webhookAllowPrivate: true, vapidPrivateKey: 'nCScek-QpEjmOOlT-rQ38nZzvdPlqa00Zy0i6m2OJvY' },
    blocks: [0, 3],
    last: 'kill %1\n',
  });
  const pages = paste.answers.filter(({ next }) => next !== undefined) as { items: object[] }[];
  assert.deepEqual(
    pages.slice(0, 2).map(({ items }) => items.length),
    [3, 0],
    paste.output,
  );
  assert.match(paste.output, /event: entry\ndata: .*"hi"/);
  assert.match(paste.output, /^\{"type":"message.created".*"hooked"/m, paste.output);
  assert.match(paste.output, /"outcome":"delivered"/);
  assert.match(paste.output, /"notification.wanted".*"token":"of-the-phone".*"body":"New message"/);
});

test('what docs/backend.md has asked before a message is sent decides', { skip }, async (t) => {
  const { answers } = await pastePage(t, 'docs/backend.md', {
    config: { beforeSendUrl: 'http://127.0.0.1:9877/', beforeSendSecret: BEFORE_SEND_SECRET },
    blocks: [3, 4],
    codes: ['message_denied'],
    last: 'kill %1\n',
  });
  const [hi, masked, refused] = answers.slice(-3) as { fields: { text: string }; detail?: string }[];
  assert.deepEqual([hi!.fields.text, masked!.fields.text, refused!.detail], ['hi', 'd*** it', 'No links here.']);
});

test('the curl lines of docs/spaces.md work as they are pasted', { skip }, async (t) => {
  const paste = await pastePage(t, 'docs/spaces.md', { config: SPACES_ON });
  const inboxes = paste.answers.flatMap(({ items }) => (items as { fields?: { text: string } }[]) ?? []);
  assert.equal(inboxes.filter(({ fields }) => fields?.text === 'for acme alone').length, 1, paste.output);
  assert.deepEqual(
    inboxes.flatMap((one) => (one as { space?: string }).space ?? []),
    ['acme', 'globex'],
  );
});

test('the curl lines of docs/files.md work as they are pasted', { skip }, async (t) => {
  const paste = await pastePage(t, 'docs/files.md');
  assert.deepEqual(paste.answers.at(-1), { received: 'the same' }, paste.output);
  const [picture] = paste.answers.flatMap(({ attachments }) => (attachments as { width: number }[]) ?? []);
  assert.equal(picture?.width, 2);
});

/** How each key is written in the tables, by the function of keys.ts that names it: what it is given there. */
const FORMS: Record<Exclude<keyof Keys, 'prefix' | 'partition' | 'space' | 'of' | 'partitionMeta'>, string[]> = {
  meta: [],
  spaces: [],
  spaceNames: [],
  unfinished: [],
  issuers: [],
  feed: [],
  journal: [],
  journalConsumers: [],
  webhooks: [],
  webhookState: ['<id>'],
  retries: ['<id>'],
  retried: ['<id>'],
  deliveries: ['<id>'],
  webhookSpaces: [],
  webhookLease: [],
  signals: [],
  removals: [],
  revoked: [],
  suspended: [],
  devices: ['<uid>'],
  usersWithDevices: [],
  pushAddresses: [],
  pushSpaces: [],
  pushLease: [],
  user: ['<uid>'],
  inbox: ['<uid>'],
  contacts: ['<uid>'],
  read: ['<uid>'],
  receipts: ['<log>'],
  typing: ['<log>', '<uid>'],
  presence: ['<uid>'],
  floors: ['<uid>'],
  requested: ['<uid>'],
  users: [],
  attributes: ['<uid>'],
  blocks: ['<uid>'],
  blockedBy: ['<uid>'],
  sanctions: ['<uid>'],
  left: ['<uid>'],
  erasure: ['<uid>'],
  file: ['<file>'],
  fileMessages: ['<file>'],
  pendingFiles: ['<uid>'],
  files: [],
  fileRemovals: [],
  filesLease: [],
  removedUser: ['<uid>'],
  group: ['<gid>'],
  members: ['<gid>'],
  requests: ['<gid>'],
  roles: ['<gid>'],
  bans: ['<gid>'],
  removedChannel: ['<part>', '<incarnation>'],
  channelRemovals: [],
  groups: [],
  log: ['ds:<lo>:<hi>'],
  messageState: ['<log>'],
  changed: ['<log>'],
  erased: ['<log>'],
  replies: ['<log>'],
  mentionsOfAll: ['<log>'],
  mentions: ['<uid>'],
  settings: ['<uid>'],
  idempotency: ['<log>', '<from>', '<clientMessageId>'],
};

interface Row {
  key: string;
  type: string;
}

/** The rows of a page's table of keys. */
function keyTable(page: string): Row[] {
  const [table] = /^\| key \| type \|[\s\S]*?\n\n/m.exec(page)!;
  return [...table.matchAll(/^\| `([^`]+)` \| ([a-z ]+) \|/gm)].map(([, key, type]) => ({ key: key!, type: type! }));
}

test('the tables of keys have those of keys.ts: docs/keys.md all of them, the README the ones one needs first', () => {
  const keys = new Keys('') as unknown as Record<string, (...words: string[]) => string>;
  const known = Object.entries(FORMS).map(([name, words]) => keys[name]!(...words));
  const all = keyTable(keysPage);
  assert.deepEqual(all.map(({ key }) => key).sort(), [...known, 'gs:<gid>'].sort());
  for (const row of keyTable(readme))
    assert.deepEqual(
      row,
      all.find(({ key }) => key === row.key),
    );
});

const TYPES: Record<string, string> = {
  hash: 'hash',
  stream: 'stream',
  'sorted set': 'zset',
  set: 'set',
  string: 'string',
};

test('the keys are of the types in the table, and the redis-cli lines show something', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'redisim-readme-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await pasteReadme(t, 'bash', service, folder);
  const { redis: db, server, people, say } = service;
  await server.put('/v1/journal/consumers/billing', {}).expect(201);
  const { body: hook } = await server.post('/v1/webhooks', { url: 'https://example.invalid/' }).expect(201);
  await server.put('/v1/users/bob/conversations/user:alice/typing').expect(204);
  // What the README's lines do not leave: a request to join, a role, a ban, a receipt, a group that was left and a user who was removed.
  await people('carol', 'dave');
  await server.put('/v1/groups/club', { fields: {}, owner: 'alice', joinPolicy: 'approval' }).expect(201);
  await (await service.user('carol')).put('/v1/groups/club/members/me').expect(202);
  await server.patch('/v1/groups/team/members/bob', { role: 'admin' }).expect(200);
  await server.put('/v1/groups/team/members/carol').expect(201);
  await server.put('/v1/groups/team/bans/carol').expect(201);
  await server.patch('/v1/users/bob', { attributes: { plan: 'pro' } }).expect(200);
  await server.put('/v1/users/bob/blocks/carol').expect(201);
  await say('alice', 'user:dave', 'hi');
  const { id: upTo } = await say('alice', 'user:bob', 'hi');
  await server.put('/v1/users/bob/conversations/user:alice/read', { upTo }).expect(200);
  // And what stands beside a log: an edit, a reply that mentions somebody, a message that is erased, one for everybody.
  const [toBob, toTeam] = ['user:bob', 'group:team'].map((to) => `/v1/users/alice/conversations/${to}`) as [
    string,
    string,
  ];
  await server.patch(`${toBob}/messages/${upTo}`, { fields: { text: 'hi!' } }).expect(200);
  const fields = { text: 'hi' };
  await server.post(`${toBob}/messages`, { fields, replyTo: upTo, mentions: ['bob'] }).expect(201);
  await server.post(`${toTeam}/messages`, { fields, mentions: ['*'] }).expect(201);
  const erased = await say('alice', 'user:bob', 'oops');
  await server.delete(`${toBob}/messages/${erased.id}`).expect(204);
  await server.patch('/v1/users/bob/conversations/user:alice', { pinned: true }).expect(200);
  await server.put('/v1/users/carol/suspension').expect(201);
  const [file, unsent] = [
    (await upload(service, 'alice', 'some bytes', { credential: API_KEY })).body.id as FileId,
    (await upload(service, 'alice', 'some bytes', { credential: API_KEY })).body.id,
  ];
  await server.post(`${toBob}/messages`, { attachments: [{ file, name: 'x' }] }).expect(201);
  await server.put('/v1/users/bob/devices/phone', { kind: 'fcm', token: 'x' }).expect(201);
  await server.delete('/v1/users/dave').expect(204);

  const keys = new Keys('');
  // Nobody answers under that name: it is to be sent again.
  await eventually(async () => (await db.exists(keys.retries(hook.id))) === 1, 'a retry');
  await eventually(async () => (await db.exists(keys.pushLease())) === 1, 'a node pushes');
  const [alice, bob, carol, dave] = [uid('alice'), uid('bob'), uid('carol'), uid('dave')];
  const direct = 'ds:alice:bob' as LogName;
  const examples: Record<string, string> = {
    'dv:<uid>': keys.devices(bob),
    'u:<uid>': keys.user(alice),
    'wh:<id>': keys.webhookState(hook.id),
    'wr:<id>': keys.retries(hook.id),
    'wj:<id>': keys.retried(hook.id),
    'wd:<id>': keys.deliveries(hook.id),
    's:<uid>': keys.inbox(bob),
    'c:<uid>': keys.contacts(alice),
    'ua:<uid>': keys.attributes(bob),
    'bl:<uid>': keys.blocks(bob),
    'bb:<uid>': keys.blockedBy(carol),
    'rd:<uid>': keys.read(bob),
    'rc:<log>': keys.receipts(direct),
    'pr:<uid>': keys.presence(bob),
    'ty:<log>:<uid>': keys.typing(direct, bob),
    'mn:<uid>': keys.mentions(bob),
    'cs:<uid>': keys.settings(bob),
    'ms:<log>': keys.messageState(direct),
    'ch:<log>': keys.changed(direct),
    'er:<log>': keys.erased(direct),
    'rp:<log>': keys.replies(direct),
    'ma:<log>': keys.mentionsOfAll('gs:team' as LogName),
    'gi:<gid>': keys.group(gid('team')),
    'gm:<gid>': keys.members(gid('team')),
    'gs:<gid>': keys.log('gs:team' as LogName),
    'ds:<lo>:<hi>': keys.log(direct),
    'gr:<gid>': keys.roles(gid('team')),
    'gb:<gid>': keys.bans(gid('team')),
    'sn:<uid>': keys.sanctions(carol),
    'gq:<gid>': keys.requests(gid('club')),
    'rq:<uid>': keys.requested(carol),
    'fl:<uid>': keys.floors(dave),
    'lf:<uid>': keys.left(carol),
    'ru:<uid>': keys.removedUser(dave),
    'fi:<file>': keys.file(file),
    'fm:<file>': keys.fileMessages(file),
    'fp:<uid>': keys.pendingFiles(alice),
    'i:<log>:<from>:<clientMessageId>': keys.idempotency(direct, alice, 'm-1'),
  };
  const ofSpaces = [keys.spaces(), keys.spaceNames(), keys.issuers(), keys.unfinished()];
  for (const { key, type } of keyTable(keysPage)) {
    // They are there while a removal goes on, or a node looks at files.
    if (
      key === keys.fileRemovals() ||
      key === keys.filesLease() ||
      key === keys.removals() ||
      key === keys.channelRemovals() ||
      /^(re|rg):/.test(key) ||
      ofSpaces.includes(key)
    )
      continue;
    assert.equal(await db.type(examples[key] ?? key), TYPES[type], key);
  }
  assert.deepEqual(await db.hkeys(keys.pendingFiles(alice)), [unsent]);
  const lines = [...keysPage.matchAll(/^redis-cli -s data\/redis\.sock (\w+) (.*)$/gm)];
  assert.ok(lines.length > 0);
  for (const [line, name, words] of lines) {
    const reply = await db.call(name!, ...words!.split(' '));
    assert.ok(Array.isArray(reply) && reply.length > 0, line);
  }
});
