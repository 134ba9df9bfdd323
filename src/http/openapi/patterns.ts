import { CONVERSATION_PATTERN } from '../../domain/conversations.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { FILE_ID_PATTERN, FILE_NAME_PATTERN } from '../../domain/files.ts';
import { CLIENT_MESSAGE_ID_PATTERN, isName, NAME_PATTERN } from '../../domain/names.ts';
import { SPACE_PATTERN } from '../../domain/spaces.ts';
import { STREAM_ID_PATTERN } from '../../domain/stream-ids.ts';

/*
 * What texts have to look like: for the validator and the document as regular expressions, for people in words. Whoever
 * adds a pattern to what is sent adds its words here; a test compares the two.
 */

const ANY_NAME = NAME_PATTERN.replace('(?!me$)', '').slice(1, -1);
const STREAM_ID = STREAM_ID_PATTERN.slice(1, -1);
const NUMBER = '(0|[1-9][0-9]{0,19})';

/** A name in a path: `me` has been replaced before it is looked at, and is refused elsewhere. */
export const PATH_NAME_PATTERN = `^${ANY_NAME}$`;
/** How many users one request may ask for. */
export const MAX_IDS = 100;
/** As many uids with commas in between. */
export const UIDS_PATTERN = `^${ANY_NAME}(,${ANY_NAME}){0,${MAX_IDS - 1}}$`;
/** Who is mentioned: a uid, or everybody. */
export const MENTION_PATTERN = `^(\\*|(?!me$)${ANY_NAME})$`;
/** What one reacts with. */
export const REACTION_PATTERN = '^[^\\s\\u0000-\\u001f\\u007f-\\u009f]{1,32}$';
/** Where to start reading an inbox. */
export const START_PATTERN = `^(0|\\$|${STREAM_ID})$`;
/** A position in a conversation's log. */
const LOG_CURSOR = `${NUMBER}~${NUMBER}~${STREAM_ID}`;
export const LOG_CURSOR_PATTERN = `^${LOG_CURSOR}$`;
/** Where to start following a conversation. */
export const LOG_START_PATTERN = `^(0|\\$|(${NUMBER}~${NUMBER}~)?${STREAM_ID})$`;
/** After what to read a conversation. */
export const AFTER_PATTERN = `^(${NUMBER}~${NUMBER}~)?${STREAM_ID}$`;
/** What a backend calls a consumer of the journal. */
export const CONSUMER_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';
/** Where to start reading the journal. */
export const JOURNAL_START_PATTERN = `^(0|\\$|acknowledged|${STREAM_ID})$`;
/** A webhook. */
export const WEBHOOK_PATTERN = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
/** What signs webhooks: 24 to 64 bytes in base64. */
export const SECRET_PATTERN = '^whsec_[A-Za-z0-9+/]{32,86}={0,2}$';
/** What a client calls a device. */
export const DEVICE_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$';
/** Keys of a browser's push subscription: base64url, padded or not. */
export const KEY_PATTERN = '^[A-Za-z0-9_-]{1,200}={0,2}$';
/** What names a phone to a push service. */
export const TOKEN_PATTERN = '^[A-Za-z0-9:_.~+/=-]{1,4096}$';
/** An address on the web. */
export const URL_PATTERN = '^https?://\\S+$';
/** What to call oneself at the demo login. */
export const DISPLAY_NAME_PATTERN = '^\\s*\\S([\\s\\S]{0,62}\\S)?\\s*$';
/** A score, as JavaScript prints it: a time in ms, unless somebody has written another number by hand. */
const SCORE = '-?[0-9]{1,21}(\\.[0-9]{1,20})?(e[+-][0-9]{1,3})?';
/** Places in the order of a list, as its `next` tells them: by time or by name. */
export const NEXT_PATTERN = {
  bans: `^${SCORE},${ANY_NAME}$`,
  blocks: `^${SCORE},${ANY_NAME}$`,
  contacts: `^${SCORE},(user|group):${ANY_NAME}$`,
  conversations: `^${STREAM_ID},(user|group):${ANY_NAME}$`,
  groups: PATH_NAME_PATTERN,
  members: `^([0-9]{1,20},(${ANY_NAME})?|${ANY_NAME})$`,
  users: PATH_NAME_PATTERN,
  deliveries: `^${STREAM_ID}$`,
  requests: `^${SCORE},${ANY_NAME}$`,
  spaces: SPACE_PATTERN,
} as const;

interface Words {
  /** What is wrong with a text that the pattern refuses. A right one follows. */
  tell: (given: string) => string;
  /** A right one, where the schema's first example is not the best. */
  example?: string;
  /** The code of the error, if it has one of its own. */
  code?: ErrorCode;
}

const NAME = 'has 1 to 64 letters, digits and . _ @ + ~ | -, and begins with a letter or a digit';
const anId: Words = { tell: (given) => `${quote(given)} is not an id: one ${NAME}` };
const aUid: Words = {
  tell: (given) => (given === 'me' ? '"me" stands only for {uid} in a path: write the id' : anId.tell(given)),
};
const aStreamId: Words = {
  tell: (given) =>
    `${quote(given)} is not the "id" of a message: two numbers of up to 64 bits with a dash between them`,
};
const aNext: Words = {
  tell: (given) => `${quote(given)} is not the "next" of a page of this list: pass that as it came`,
  code: 'invalid_cursor',
};

const WORDS: Record<string, Words> = {
  [NAME_PATTERN]: aUid,
  [PATH_NAME_PATTERN]: anId,
  [CONVERSATION_PATTERN]: {
    tell: (given) =>
      isName(given)
        ? `Write user:${given} or group:${given}`
        : `${quote(given)} is not a conversation: write user: or group: and an id, which ${NAME}`,
  },
  [STREAM_ID_PATTERN]: aStreamId,
  [CLIENT_MESSAGE_ID_PATTERN]: {
    tell: () =>
      'A clientMessageId has 1 to 64 letters, digits and . _ : @ + ~ | -, and begins with a letter or a digit',
  },
  [START_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is no cursor. Use 0 (the oldest entry), $ (from now on), or an id of two numbers of up to 64 bits`,
    example: '1763900000123-17',
    code: 'invalid_cursor',
  },
  [LOG_START_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is no cursor of a conversation. Use 0 (the oldest entry), $ (from now on), the "id" of a message, or a ` +
      'cursor as it came',
    example: '1763900000123~7~1763900311455-42',
    code: 'invalid_cursor',
  },
  [LOG_CURSOR_PATTERN]: { tell: (given) => `${quote(given)} is no cursor of a conversation: pass one as it came` },
  [AFTER_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is neither the "id" of a message, two numbers of up to 64 bits with a dash between them, nor a cursor`,
  },
  [JOURNAL_START_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is no cursor of the journal. Use acknowledged, 0 (the oldest entry), $ (from now on), or a cursor as it came`,
    example: '1763900000123-17',
    code: 'invalid_cursor',
  },
  [CONSUMER_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is no name of a consumer: one has 1 to 64 letters, digits and . _ -, and begins with a letter or a digit`,
  },
  [DEVICE_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is no name of a device: one has 1 to 64 letters, digits and . _ ~ -, and begins with a letter or a digit`,
    example: 'my-laptop',
  },
  [KEY_PATTERN]: {
    tell: (given) => `${quote(given)} is not base64url: pass what PushSubscription.toJSON() has`,
    example: 'BTBZMqHH6r4Tts7J_aSIgg',
  },
  [TOKEN_PATTERN]: {
    tell: (given) => `${quote(given)} is no token: it has 1 to 4096 letters, digits and : _ . ~ + / = -`,
  },
  [DISPLAY_NAME_PATTERN]: { tell: () => 'A name has 1 to 64 characters, not counting the spaces around it' },
  [MENTION_PATTERN]: {
    tell: (given) => `${quote(given)} is neither * for everybody nor a uid, which ${NAME}`,
    example: 'bob',
  },
  [REACTION_PATTERN]: {
    tell: (given) => `${quote(given)} is no reaction: use an emoji or a name of 1 to 32 characters, without spaces`,
  },
  [SPACE_PATTERN]: {
    tell: (given) =>
      `${quote(given)} is not the name of a space: one has 1 to 32 of a-z 0-9 -, begins with a letter or a digit, and is not "default"`,
    example: 'acme',
  },
  [WEBHOOK_PATTERN]: {
    tell: (given) => `${quote(given)} is not the "id" of a webhook`,
    example: '3f0a6c1e-5a0b-4a57-9b3d-1d2c7f5a9e10',
  },
  [SECRET_PATTERN]: {
    tell: () => 'A secret is whsec_ and 24 to 64 random bytes in base64; leave it out, and one is made',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  },
  [URL_PATTERN]: { tell: (given) => `${quote(given)} is no URL that begins with https:// or http://` },
  [UIDS_PATTERN]: { tell: whatIsWrongWithUids },
  [FILE_ID_PATTERN]: { tell: (given) => `${quote(given)} is not the "id" of a file: pass that as it came` },
  [FILE_NAME_PATTERN]: {
    tell: (given) => `${quote(given)} is no name of a file: it has no / or \\, and no control characters`,
  },
  [NEXT_PATTERN.bans]: aNext,
  [NEXT_PATTERN.blocks]: aNext,
  [NEXT_PATTERN.contacts]: aNext,
  [NEXT_PATTERN.conversations]: aNext,
  [NEXT_PATTERN.members]: aNext,
  [NEXT_PATTERN.requests]: aNext,
};

/** The words for a pattern; for one without any, that something is wrong. */
export function wordsFor(pattern: string): Words | undefined {
  return WORDS[pattern];
}

/** What is wrong with a text, in words, with a right one. */
export function complaint(pattern: string, given: string, example?: unknown): string {
  const words = wordsFor(pattern) ?? { tell: () => `${quote(given)} does not have the right form` };
  return `${words.tell(given)}, for example ${words.example ?? example}`;
}

function whatIsWrongWithUids(given: string): string {
  const uids = given.split(',');
  const wrong = uids.find((uid) => !isName(uid));
  return wrong === undefined ? `There are ${uids.length} uids: ask for at most ${MAX_IDS} at once` : aUid.tell(wrong);
}

function quote(text: string): string {
  return `"${text.length > 100 ? `${text.slice(0, 100)}…` : text}"`;
}
