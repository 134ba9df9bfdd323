import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { isName } from '../../src/domain/names.ts';
import { codeOf, loadFunctions, type Word } from '../helpers/functions.ts';
import { startIm, uid } from '../helpers/im.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';

/** What a caller may give a function: all of it is checked inside, and a refusal leaves nothing behind. */

let server: TestRedis;
let im: Awaited<ReturnType<typeof startIm>>;
let fcall: Awaited<ReturnType<typeof loadFunctions>>;
before(async () => {
  server = await startRedis();
  im = await startIm(server);
  fcall = await loadFunctions(im.redis, im.keys);
  await im.people('alice', 'bob');
  await im.team('team', 'alice');
});
after(async () => {
  im.close();
  await server.stop();
});

/** Everything there is, to see that nothing was written. */
async function contents(): Promise<string[]> {
  const keys = (await im.redis.keys('*')).toSorted();
  return Promise.all(keys.map(async (key) => `${key} ${(await im.redis.dumpBuffer(key))?.toString('hex')}`));
}

const MEGABYTE = 'x'.repeat(1_048_576);
const MANY = Array.from({ length: 65 }, (_, i) => [`f${i}`, 'x']).flat();
const REFUSED: [code: string, name: string, ...words: Word[]][] = [
  // Missing words, and too many.
  ['INVALID_REQUEST', 'im_user'],
  ['INVALID_REQUEST', 'im_group'],
  ['INVALID_REQUEST', 'im_send'],
  ['INVALID_REQUEST', 'im_send', 'alice'],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob'],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', 'text'],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', 'text', 'hi', 'more'],
  ['INVALID_REQUEST', 'im_gsend', 'alice', 'team'],
  ['INVALID_REQUEST', 'im_gsend', 'alice', 'team', 'text'],
  ['INVALID_REQUEST', 'im_user', 'carol', 'name'],
  ['INVALID_REQUEST', 'im_group', 'crew', 'alice', 'name'],
  ['INVALID_REQUEST', 'im_link', 'alice'],
  ['INVALID_REQUEST', 'im_link', 'alice', 'bob', 'carol'],
  ['INVALID_REQUEST', 'im_unlink', 'alice'],
  ['INVALID_REQUEST', 'im_join', 'bob'],
  ['INVALID_REQUEST', 'im_join', 'bob', 'team', 'owner'],
  ['INVALID_REQUEST', 'im_quit', 'bob', 'team', 'x'],
  ['INVALID_REQUEST', 'im_message', 'alice'],
  ['INVALID_REQUEST', 'im_message', 'alice', 'USER', 'bob'],
  ['INVALID_REQUEST', 'im_message', 'USER', 'bob', '1-1'],
  ['INVALID_REQUEST', 'im_message', 'alice', 'LOG', 'bob', '1-1'],
  ['INVALID_REQUEST', 'im_receive'],
  // Another log than the two people's, or the group's, can't be named.
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob:carol', 'text', 'hi'],
  ['INVALID_REQUEST', 'im_gsend', 'alice', 'team:x', 'text', 'hi'],
  ['INVALID_REQUEST', 'im_gsend', 'alice', '', 'text', 'hi'],
  ['INVALID_REQUEST', 'im_message', 'alice', 'GROUP', 'team:x', '1-1'],
  ['INVALID_REQUEST', 'im_message', 'alice', 'USER', 'me', '1-1'],
  // Nor an event, a role, or a member of an entry.
  ...['uid', 'n', 'action', 'target', 'by', 'cid'].flatMap((name): [string, string, ...Word[]][] => [
    ['RESERVED_FIELD', 'im_send', 'alice', 'bob', 'text', 'hi', name, 'create'],
    ['RESERVED_FIELD', 'im_gsend', 'alice', 'team', name, 'create'],
  ]),
  ['RESERVED_FIELD', 'im_user', 'alice', 'createdAt', '1'],
  ...['master', 'joinPolicy', 'createdAt', 'incarnation'].map((name): [string, string, ...Word[]] => [
    'RESERVED_FIELD',
    'im_group',
    'team',
    'alice',
    name,
    'bob',
  ]),
  // Fields.
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', '', 'hi'],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', 'é'.repeat(65), 'hi'],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', 'text', 'one', 'text', 'two'],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', 'text', Buffer.from([0xff])],
  ['INVALID_REQUEST', 'im_send', 'alice', 'bob', Buffer.from([0xc3]), 'hi'],
  ['INVALID_REQUEST', 'im_gsend', 'alice', 'team', 'text', Buffer.from([0xed, 0xa0, 0x80])],
  ['INVALID_REQUEST', 'im_user', 'carol', 'name', Buffer.from([0xe2, 0x82])],
  ['INVALID_REQUEST', 'im_group', 'crew', 'alice', 'name', Buffer.from([0xf4, 0x90, 0x80, 0x80])],
  ['FIELDS_TOO_LARGE', 'im_send', 'alice', 'bob', 'text', MEGABYTE],
  ['FIELDS_TOO_LARGE', 'im_send', 'alice', 'bob', MEGABYTE, 'hi'],
  ['FIELDS_TOO_LARGE', 'im_gsend', 'alice', 'team', ...MANY],
  ['FIELDS_TOO_LARGE', 'im_user', 'carol', 'name', MEGABYTE],
  ['FIELDS_TOO_LARGE', 'im_user', 'carol', ...MANY],
  ['FIELDS_TOO_LARGE', 'im_group', 'crew', 'alice', 'name', MEGABYTE],
  // Who and what is not there.
  ['USER_NOT_FOUND', 'im_user', 'nobody'],
  ['USER_NOT_FOUND', 'im_send', 'nobody', 'bob', 'text', 'hi'],
  ['USER_NOT_FOUND', 'im_send', 'alice', 'nobody', 'text', 'hi'],
  ['USER_NOT_FOUND', 'im_link', 'alice', 'nobody'],
  ['USER_NOT_FOUND', 'im_link', 'nobody', 'alice'],
  ['USER_NOT_FOUND', 'im_join', 'nobody', 'team'],
  ['USER_NOT_FOUND', 'im_group', 'crew', 'nobody', 'name', 'Crew'],
  ['USER_NOT_FOUND', 'im_message', 'alice', 'USER', 'nobody', '1-1'],
  ['USER_NOT_FOUND', 'im_receive', 'nobody'],
  ['GROUP_NOT_FOUND', 'im_group', 'nothing'],
  ['GROUP_NOT_FOUND', 'im_gsend', 'alice', 'nothing', 'text', 'hi'],
  ['GROUP_NOT_FOUND', 'im_join', 'alice', 'nothing'],
  ['GROUP_NOT_FOUND', 'im_quit', 'alice', 'nothing'],
  ['GROUP_NOT_FOUND', 'im_message', 'alice', 'GROUP', 'nothing', '1-1'],
  ['NOT_MEMBER', 'im_gsend', 'bob', 'team', 'text', 'hi'],
  ['NOT_ADMIN', 'im_group', 'team', 'bob', 'name', 'mine'],
  ['MESSAGE_NOT_FOUND', 'im_message', 'alice', 'GROUP', 'team', '1-1'],
  // Ids and cursors, and the words of im_receive.
  ...[
    '',
    '1',
    '1-',
    '-1',
    '01-1',
    '1-01',
    '1-1 ',
    '1-1-1',
    '18446744073709551616-1',
    '1-18446744073709551616',
    MEGABYTE,
  ].flatMap((id): [string, string, ...Word[]][] => [
    ['INVALID_REQUEST', 'im_message', 'alice', 'USER', 'bob', id],
    ['INVALID_REQUEST', 'im_receive', 'bob', 'START', id],
  ]),
  ...['0', '1001', '-1', '1.5', '0x10', '1e3', '', 'x', MEGABYTE].map((count): [string, string, ...Word[]] => [
    'INVALID_REQUEST',
    'im_receive',
    'bob',
    'COUNT',
    count,
  ]),
  ['INVALID_REQUEST', 'im_receive', 'bob', 'COUNT'],
  ['INVALID_REQUEST', 'im_receive', 'bob', 'BLOCK', '1000', 'COUNT', '10', 'START', '0'],
  ['INVALID_REQUEST', 'im_receive', 'bob', 'START', '0', 'BLOCK'],
  ['INVALID_REQUEST', 'im_receive', 'bob', MEGABYTE, '1'],
];

test('what is wrong with a call is told by a code, in words, and nothing is written', async () => {
  const held = await contents();
  for (const [code, name, ...words] of REFUSED) {
    const shown = `${name} ${words.map((word) => String(word).slice(0, 40)).join(' ')}`;
    const error = await fcall(name, ...words).then(
      (reply) => assert.fail(`${shown} was answered ${JSON.stringify(reply)}`),
      (refused: Error) => refused.message,
    );
    assert.match(error, new RegExp(`^${code} .{10,300}$`), shown);
    assert.doesNotMatch(error, /user_function|script:/, shown);
  }
  assert.deepEqual(await contents(), held);
});

test('names are the ones of the API', async () => {
  const names = [
    'a',
    'me',
    'Me',
    'mee',
    'a'.repeat(64),
    'a'.repeat(65),
    'a.b_c@d+e~f|g-h',
    '-a',
    '.a',
    'a b',
    'a:b',
    'a\n',
    'ä',
  ];
  names.push('a\0b', '{a}', 'a*', '%', 'a%b', 'u:a', '0', '', MEGABYTE, 'a/b', 'a]', 'a^', 'a\\');
  const check = async (name: string) => {
    const code = await codeOf(fcall('im_user', name));
    assert.equal(code !== 'INVALID_REQUEST', isName(name), JSON.stringify(name.slice(0, 70)));
  };
  for (const name of names) await check(name);
  await fc.assert(fc.asyncProperty(fc.string({ unit: 'binary-ascii', maxLength: 3 }), check), { numRuns: 300 });
});

test('bytes are taken if and only if every reader can decode them', async () => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const isText = (bytes: Uint8Array) => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const check = async (bytes: Uint8Array) => {
    const code = await codeOf(fcall('im_send', 'alice', 'bob', 'text', Buffer.from(bytes)));
    assert.equal(code === '', isText(bytes), Buffer.from(bytes).toString('hex'));
  };
  // Every edge of RFC 3629, in all combinations of two, three and four bytes.
  const leads = [0x41, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff];
  const nexts = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  for (const lead of leads) {
    for (const next of nexts) {
      for (const rest of [[], [0x80], [0xbf], [0x41], [0x80, 0x80], [0xbf, 0xbf], [0x80, 0xc0], [0x80, 0x80, 0x80]]) {
        await check(Uint8Array.from([lead, next, ...rest]));
      }
    }
  }
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 8 }), check), { numRuns: 300 });
  for (const text of ['', 'Grüße 👋🏽', '\0\n', '\u{10ffff}\u{feff}']) await check(Buffer.from(text));
});

test('any words at all are answered, or refused by a code', async () => {
  const word = fc.oneof(
    fc.constantFrom(
      'alice',
      'bob',
      'team',
      'text',
      'USER',
      'GROUP',
      'COUNT',
      'START',
      'BLOCK',
      '0',
      '$',
      '1-1',
      '5',
      '',
    ),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  );
  const names = ['user', 'group', 'link', 'unlink', 'join', 'quit', 'send', 'gsend', 'message', 'receive'];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.array(word, { maxLength: 8 }), async (name, words) => {
      assert.match(await codeOf(fcall(`im_${name}`, ...words)), /^(?!ERR$)[A-Z_]*$/);
    }),
    { numRuns: 1_500 },
  );
  assert.equal(await im.redis.exists(im.keys.user(uid('me'))), 0);
});
