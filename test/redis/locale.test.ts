import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { conversation, startIm, uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** Lua compares text as the server's locale sorts it; names are compared bytewise wherever that matters. */

const hasLocales = existsSync('/usr/share/i18n/locales/en_US');
let folder: string;
let server: TestRedis;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redisim-locale-'));
  if (!hasLocales) return;
  execFileSync('localedef', ['-i', 'en_US', '-f', 'UTF-8', join(folder, 'en_US.UTF-8')]);
  server = await startRedis({ env: { LOCPATH: folder, LC_ALL: 'en_US.UTF-8' } });
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

test('two people have one log, whoever begins and whatever the locale', { skip: !hasLocales }, async () => {
  const im = await startIm(server);
  assert.equal(await im.redis.eval("return tostring('annab' < 'anna-muller')", 0), 'true', 'the locale is another one');
  const pairs = [
    ['anna-muller', 'annab'],
    ['Zoe', 'adam'],
    ['a.b', 'a-b'],
    ['x', 'X'],
    ['user~1', 'user1'],
  ] as const;
  for (const [one, other] of pairs) {
    await im.people(one, other);
    await im.contacts.link(uid(one), uid(other));
    await im.contacts.link(uid(other), uid(one));
    await im.say(one, `user:${other}`, 'there');
    await im.say(other, `user:${one}`, 'and back');
    const { items } = await im.history.page(uid(one), conversation(`user:${other}`), { limit: 10 });
    assert.deepEqual(
      items.map(({ action, fields }) => action ?? fields.text),
      ['link', 'link', 'there', 'and back'],
    );
    for (const name of [one, other]) {
      const { items } = await im.conversations.list(uid(name), { limit: 10 });
      assert.equal(items.length, 1, `${name} has one chat`);
    }
  }
  im.close();
});
