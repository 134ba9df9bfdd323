import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES, type ErrorCode } from '../../src/domain/errors.ts';
import * as channels from '../../src/web/i18n/channels.ts';
import * as common from '../../src/web/i18n/common.ts';
import * as errors from '../../src/web/i18n/error-words.ts';
import * as files from '../../src/web/i18n/files.ts';
import * as groups from '../../src/web/i18n/groups.ts';
import * as login from '../../src/web/i18n/login.ts';
import * as notices from '../../src/web/i18n/notices.ts';
import * as people from '../../src/web/i18n/people.ts';
import * as talk from '../../src/web/i18n/talk.ts';

const ROOMS = { common, login, talk, people, groups, channels, files, notices };

test('no text of the page has the key of another: the rooms are spread over each other', () => {
  const keys = Object.values(ROOMS).flatMap(({ en }) => Object.keys(en));
  assert.deepEqual(
    keys.filter((key, at) => keys.indexOf(key) !== at),
    [],
  );
});

for (const [language, inChannel, inGroup] of [
  ['English', channels.en.inChannel, { ...groups.en, ...talk.en }],
  ['Chinese', channels.zh.inChannel, { ...groups.zh, ...talk.zh }],
] as const) {
  test(`what is said of a channel in place of a group is said of a group, too, in ${language}`, () => {
    const kinds = (of: object, keys: string[]) => keys.map((key) => typeof (of as Record<string, unknown>)[key]);
    assert.deepEqual(kinds(inChannel, Object.keys(inChannel)), kinds(inGroup, Object.keys(inChannel)));
  });
}

/** What the page asks for can't be answered so, or nobody is shown the answer. */
const UNSEEN: ErrorCode[] = [
  // Of requests that the page does not make.
  'me_needs_user',
  'route_not_found',
  'method_not_allowed',
  'not_acceptable',
  'owner_unchanged',
  'tokens_by_issuer',
  'unsupported_media_type',
  'reserved_field',
  'client_message_id_reused',
  'upgrade_required',
  'headers_too_large',
  'range_not_satisfiable',
  // Of what server keys do.
  'consumer_not_found',
  'too_many_consumers',
  'webhook_not_found',
  'too_many_webhooks',
  // A device is not read, and removing it asks for none.
  'device_not_found',
  // Of spaces, in none of which the page is.
  'space_not_found',
  'space_full',
  'space_removed',
  'spaces_off',
  'issuer_taken',
  // It starts anew, does without, or is shown as a line that is down.
  'invalid_cursor',
  'presence_off',
  'too_many_subscribers',
];

for (const [language, { codes }] of Object.entries({ English: errors.en, Chinese: errors.zh })) {
  test(`every error that a person may see has words in ${language}`, () => {
    assert.deepEqual([...Object.keys(codes), ...UNSEEN].sort(), [...ERROR_CODES].sort());
  });
}
