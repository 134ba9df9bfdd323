import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Redis } from 'ioredis';
import { directLog, groupLog, type LogName } from '../../src/domain/conversations.ts';
import { connectCommands } from '../../src/redis/connection/command-connection.ts';
import { besideLog } from '../../src/redis/conversation-keys.ts';
import { Keys } from '../../src/redis/keys.ts';
import { includesOf, scriptSource } from '../../src/redis/lua.ts';
import { prepare } from '../../src/redis/meta/commands.ts';
import { removeFunctions } from '../../src/redis/program.ts';
import { conversation, gid, quiet, SETTINGS, startIm, uid } from '../helpers/im.ts';
import { randomPrefix, startRedis, type TestRedis } from '../helpers/redis.ts';

let server: TestRedis;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

const SRC = new URL('../../src/', import.meta.url).pathname;
const scripts = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.lua') && !/^redis\/(lua|functions)\//.test(file),
);

test('every script belongs to a command, says what it is, and loads into Redis', async () => {
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  assert.ok(scripts.length > 15);
  for (const file of scripts) {
    const folder = join(SRC, file, '..');
    const name = file.split('/').at(-1)!;
    const commands = readdirSync(folder).filter((beside) => beside.endsWith('commands.ts'));
    const declared = commands.some((beside) => readFileSync(join(folder, beside), 'utf8').includes(`'./${name}'`));
    assert.ok(declared, file);
    assert.match(
      readFileSync(join(SRC, file), 'utf8'),
      /^(#!lua.*\n)?-- [A-Z].*\n(--.*\n)*-- {3}KEYS {3}im:meta/,
      file,
    );
    const sha = await redis.script('LOAD', scriptSource(pathToFileURL(join(SRC, file)), SETTINGS));
    assert.match(String(sha), /^[0-9a-f]{40}$/, file);
  }
  redis.disconnect();
});

test('shared Lua names keys as keys.ts does', async () => {
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  for (const prefix of ['', '{p}:', '@ds:', '{p}:@im:']) await namesAreTheSame(redis, new Keys(prefix));
  redis.disconnect();
});

async function namesAreTheSame(redis: Redis, keys: Keys): Promise<void> {
  const shared = includesOf('-- @include "direct_events"').join('\n');
  const names = await redis.eval(
    `local PREFIX, PARTITION ${shared} take_prefix(KEYS[1]) return { feed_key(), signals_key(), receipts_key('gs:g1'), presence_key('u1'), user_key('u1'), inbox_key('u1'), contacts_key('u1'),
       read_key('u1'), floors_key('u1'), requested_key('u1'), left_key('u1'), removed_user_key('u1'), removals_key(), sanctions_key('u1'),
       blocks_key('u1'), blocked_by_key('u1'), revoked_key(), suspended_key(), users_key(), attributes_key('u1'),
       groups_key(), roles_key('g1'), bans_key('g1'), group_key('g1'),
       members_key('g1'), requests_key('g1'), mentions_key('u1'), settings_key('u1'), state_key('ds:a:b'),
       changed_key('ds:a:b'), erased_key('ds:a:b'), replies_key('ds:a:b'), mentions_of_all_key('ds:a:b'), receipts_key('ds:a:b'),
       idempotency_key('ds:a:b', 'u1', 'm-1'),
       log_key(direct_log('zed', 'Abe')), log_key(direct_log('Abe', 'zed')) }`,
    1,
    keys.meta(),
  );
  const [u1, g1] = [uid('u1'), gid('g1')];
  const direct = keys.log(directLog(uid('zed'), uid('Abe')));
  assert.deepEqual(names, [
    keys.feed(),
    keys.signals(),
    keys.receipts(groupLog(g1)),
    keys.presence(u1),
    keys.user(u1),
    keys.inbox(u1),
    keys.contacts(u1),
    keys.read(u1),
    keys.floors(u1),
    keys.requested(u1),
    keys.left(u1),
    keys.removedUser(u1),
    keys.removals(),
    keys.sanctions(u1),
    keys.blocks(u1),
    keys.blockedBy(u1),
    keys.revoked(),
    keys.suspended(),
    keys.users(),
    keys.attributes(u1),
    keys.groups(),
    keys.roles(g1),
    keys.bans(g1),
    keys.group(g1),
    keys.members(g1),
    keys.requests(g1),
    keys.mentions(u1),
    keys.settings(u1),
    ...besideLog(keys, 'ds:a:b' as LogName),
    keys.idempotency('ds:a:b' as LogName, u1, 'm-1'),
    direct,
    direct,
  ]);
}

test('a named space has its own keys, and shares the feed and the signals of its partition', async () => {
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  const keyPrefix = randomPrefix();
  const im = await startIm(server, { keyPrefix, space: 'ds' });
  const partition = new Keys(keyPrefix);
  await im.people('alice', 'bob');
  await im.team('team', 'alice', 'bob');
  await im.say('alice', 'user:bob', 'hi');
  await im.conversations.markRead(uid('bob'), conversation('user:alice'), (await im.say('alice', 'user:bob', 'ho')).id);
  const names = await redis.keys(`${keyPrefix}*`);
  const shared = names.filter((name) => !name.startsWith(`${keyPrefix}@ds:`));
  assert.deepEqual(shared.sort(), [partition.feed(), partition.meta(), partition.signals()]);
  assert.ok(names.includes(`${keyPrefix}@ds:ds:alice:bob`) && names.includes(`${keyPrefix}@ds:u:alice`));
  im.close();
  redis.disconnect();
});

test('a script that the server has lost is loaded again', async () => {
  const im = await startIm(server);
  await im.people('alice', 'bob');
  await Promise.all([im.redis.script('FLUSH'), im.redis.function('FLUSH')]);
  await im.users.merge(uid('alice'), { name: 'Alice' });
  assert.equal((await im.say('alice', 'user:bob', 'hi')).fields.text, 'hi');
  await im.redis.function('FLUSH');
  const results = await im.messages.sendMany(
    [1, 2, 3].map((n) => ({ uid: uid('alice'), conversation: 'user:bob' as never, fields: { text: `${n}` } })),
  );
  assert.deepEqual(
    results.map((result) => 'created' in result && result.created),
    [true, true, true],
  );
  im.close();
});

test('a function that is lost again before it is called is loaded once more', async () => {
  const im = await startIm(server);
  await im.people('alice', 'bob');
  await im.redis.function('FLUSH');
  const call = im.redis.function.bind(im.redis) as unknown as (...words: string[]) => Promise<unknown>;
  let losses = 2;
  im.redis.function = (async (...words: string[]) => {
    const reply = await call(...words);
    if (words[0] === 'LOAD' && losses-- > 0) await call('FLUSH');
    return reply;
  }) as never;
  assert.equal((await im.say('alice', 'user:bob', 'hi')).fields.text, 'hi');
  im.close();
});

test('functions of other versions and settings are removed, and those in use come back', async () => {
  const im = await startIm(server);
  await im.people('alice', 'bob');
  await im.say('alice', 'user:bob', 'hi');
  const libraries = async () => ((await im.redis.function('LIST')) as string[][]).map(([, name]) => name!);
  await im.redis.function('LOAD', "#!lua name=mine\nredis.register_function('mine', function() return 1 end)");
  assert.ok((await libraries()).length > 1);
  await removeFunctions(im.redis);
  assert.deepEqual(await libraries(), ['mine']);
  await im.say('alice', 'user:bob', 'hi');
  assert.equal((await libraries()).length, 2);
  im.close();
});

test('a script carries what it uses of the shared Lua, and no more', () => {
  const source = scriptSource(new URL('../../src/features/messages/send.lua', import.meta.url), SETTINGS);
  const names = [...source.matchAll(/^local function (\w+)/gm)].map(([, name]) => name!);
  assert.ok(names.length > 20);
  for (const name of names) assert.ok(source.match(new RegExp(`\\b${name}\\b`, 'g'))!.length > 1, name);
});

test('another schema version refuses', async () => {
  const im = await startIm(server);
  await assert.rejects(im.store.run(prepare, '2'), /schema version 1/);
  im.close();
});
