import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { connectCommands } from '../../src/redis/connect.ts';
import { Keys } from '../../src/redis/keys.ts';
import { SCRIPTS, scriptSource } from '../../src/redis/scripts.ts';
import { gid, quiet, SETTINGS, startIm, uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

let server: TestRedis;
before(async () => {
  server = await startRedis();
});
after(() => server.stop());

test('every script file is known by a name and loads into Redis', async () => {
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  const files = readdirSync(new URL('../../src/redis/lua', import.meta.url));
  const known = Object.values(SCRIPTS).map(([file]) => `${file}.lua`);
  assert.deepEqual(files.filter((file) => file !== 'prelude.lua').sort(), known.sort());
  for (const [file] of Object.values(SCRIPTS)) {
    const sha = await redis.script('LOAD', scriptSource(file, { ...SETTINGS, keyPrefix: 'a:' }));
    assert.match(String(sha), /^[0-9a-f]{40}$/, file);
  }
  redis.disconnect();
});

test('the prelude names keys as keys.ts does', async () => {
  const redis = await connectCommands(server.target, { commandTimeoutMs: 2_500, log: quiet });
  const keys = new Keys('{p}:');
  const prelude = scriptSource('init', { ...SETTINGS, keyPrefix: keys.prefix }).split('-- Prepares the database')[0]!;
  const names = await redis.eval(
    `${prelude} return { META_KEY, FEED_KEY, user_key('u1'), inbox_key('u1'), contacts_key('u1'), read_key('u1'),
       members_key('g1'), log_key(direct_log('zed', 'Abe')), log_key(direct_log('Abe', 'zed')) }`,
    0,
  );
  const u1 = uid('u1');
  const direct = '{p}:ds:Abe:zed';
  assert.deepEqual(names, [
    keys.meta(),
    keys.feed(),
    keys.user(u1),
    keys.inbox(u1),
    keys.contacts(u1),
    keys.read(u1),
    keys.members(gid('g1')),
    direct,
    direct,
  ]);
  redis.disconnect();
});

test('a script that the server has lost is loaded again', async () => {
  const im = await startIm(server);
  await im.people('alice', 'bob');
  await im.redis.script('FLUSH');
  assert.equal((await im.say('alice', 'user:bob', 'hi')).fields.text, 'hi');
  await im.redis.script('FLUSH');
  const results = await im.messages.sendMany(
    [1, 2, 3].map((n) => ({ uid: uid('alice'), conversation: 'user:bob' as never, fields: { text: `${n}` } })),
  );
  assert.deepEqual(
    results.map((result) => 'created' in result && result.created),
    [true, true, true],
  );
  im.close();
});

test('another schema version refuses', async () => {
  const im = await startIm(server);
  assert.deepEqual(await im.redis.imInit(im.keys.meta(), '2'), ['schema_mismatch', '1']);
  im.close();
});
