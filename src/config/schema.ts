import Type from 'typebox';

/**
 * Every setting of the service: its name, meaning, default and bounds, in one schema. The README's table is checked
 * against it. `allowed` says in words what a pattern says in signs; `secret` values are never echoed.
 */
export const configSchema = Type.Object({
  HOST: text('Address to listen on', '127.0.0.1', '^[^\\s/]+$', 'a host name or an IP address'),
  PORT: whole('Port to listen on; 0 takes a free one', 8888, 0, 65_535),
  WORKERS: whole('Processes that serve, each on a core of its own and a node like any other', 1, 1, 256),
  DATA_DIR: text('Folder of the embedded Redis, the generated key and secret', './data', '^[^\\0]+$', 'a path'),
  API_KEYS: Type.String({
    description: 'Server keys, comma separated. Made in DATA_DIR when neither this nor REDIS_URL is set',
    default: '',
    pattern: '^([^\\s,]{16,}(\\s*,\\s*[^\\s,]{16,})*)?$',
    allowed: 'comma separated keys of at least 16 characters, without spaces',
    secret: true,
  }),
  JWT_SECRET: Type.String({
    description: 'Signs user tokens (HS256) and stream tickets. Made in DATA_DIR as API_KEYS are',
    default: '',
    allowed: 'at least 32 bytes',
    secret: true,
  }),
  JWKS_URL: text(
    'Keys of an outside token issuer; its tokens are then the only user tokens',
    '',
    '^(https?://\\S+)?$',
    'a URL that starts with https:// or http://',
  ),
  JWT_ISSUER: text(
    'The `iss` that user tokens must have, where set; required with JWKS_URL',
    '',
    '',
    'the issuer that tokens name',
  ),
  JWT_AUDIENCE: text(
    'The `aud` that user tokens must have, where set; required with JWKS_URL',
    '',
    '',
    'the audience tokens name',
  ),
  JWT_ALGORITHMS: text(
    'Signature algorithms accepted with JWKS_URL, comma separated',
    'RS256,ES256,EdDSA',
    '^\\s*((RS|PS|ES)(256|384|512)|EdDSA|Ed25519)(\\s*,\\s*((RS|PS|ES)(256|384|512)|EdDSA|Ed25519))*\\s*$',
    'a comma separated list of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519',
  ),
  JWT_UID_CLAIM: text('The token claim that is the uid', 'sub', '^[^\\s]{1,128}$', 'the name of a claim'),
  SPACES: choice('Whether ADMIN_KEYS may make spaces, each for customers of its own', 'off', ['on', 'off']),
  ADMIN_KEYS: Type.String({
    description: 'Keys that administrate spaces, comma separated; required with SPACES=on',
    default: '',
    pattern: '^([^\\s,]{16,}(\\s*,\\s*[^\\s,]{16,})*)?$',
    allowed: 'comma separated keys of at least 16 characters, without spaces',
    secret: true,
  }),
  PARTITIONS: whole(
    'With SPACES=on in a cluster: how many parts the spaces are dealt out to; written down at the first start, and kept',
    16,
    1,
    256,
  ),
  DEMO_LOGIN: choice(
    'Who may sign in with a mere name, as on the chat page: auto is who has the link that the start prints, on this machine alone, where no keys, tokens or Redis are set up',
    'auto',
    ['auto', 'true', 'false'],
  ),
  REDIS_URL: Type.String({
    description:
      'Redis ≥ 7.0 or Valkey to use, a cluster of them, or the sentinels of one; without it the service runs its own on a unix socket in DATA_DIR',
    default: '',
    pattern: '^(rediss?(\\+sentinel)?://\\S+|unix:///\\S+)?$',
    allowed:
      'redis://[user:password@]host[:port][,host[:port]…][/db], rediss://… (TLS), redis+sentinel://[user:password@]host[:port],…/master[/db] or unix:///path[?db=n]',
    secret: true,
  }),
  REDIS_SERVER_BIN: text(
    'Binary of the embedded Redis, when it is not redis-server or valkey-server on PATH',
    '',
    '',
    'a path',
  ),
  APPENDFSYNC: choice('When the embedded Redis flushes its log to disk', 'everysec', ['everysec', 'always']),
  KEY_PREFIX: text(
    'Goes in front of every Redis key',
    '',
    '^[A-Za-z0-9:_.{}-]{0,64}$',
    'at most 64 characters of A-Z a-z 0-9 : _ . { } -',
  ),
  FILES: Type.String({
    description: 'Where files are: a folder, a bucket, or off; by default files in DATA_DIR, and off with REDIS_URL',
    default: '',
    pattern: '^[^\\0]*$',
    allowed:
      'a path, s3://bucket/prefix?endpoint=https://s3.example.com&region=us-east-1 (whose keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or off',
    // Somebody may write the keys of the bucket into it.
    secret: true,
  }),
  FILE_MAX: whole('Bytes that a file may have', 26_214_400, 1, 5_000_000_000),
  FILE_PENDING_MAX: whole(
    'Bytes of files that a user may have that no message carries; they are removed a day later',
    104_857_600,
    1,
    1_000_000_000_000,
  ),
  LOG_LEVEL: choice('Least severe log lines to write', 'info', [
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
    'silent',
  ]),
  INBOX_MAX: whole('Entries kept in each inbox, about', 5_000, 10, 1_000_000),
  FEED_MAX: whole('Entries kept in the feed, about', 10_000, 100, 10_000_000),
  IDEMPOTENCY_TTL: whole('How long a clientMessageId is remembered, ms', 86_400_000, 1_000, 31_536_000_000),
  EDIT_WINDOW: whole('How long after sending a message may be edited, ms; 0 is for ever', 0, 0, 31_536_000_000),
  GROUP_MAX: whole('Members a group may have', 1_000, 1, 10_000),
  LOG_MAX: whole('Messages kept in each conversation, about; 0 keeps all', 0, 0, 1_000_000_000),
  LOG_DAYS: whole('Days a message is kept; 0 keeps all', 0, 0, 36_500),
  JOURNAL: choice(
    'Whether what happens is noted for backends always, or (auto) while a consumer or a webhook wants it',
    'auto',
    ['auto', 'on'],
  ),
  JOURNAL_MAX: whole('Entries kept in the journal, about', 100_000, 100, 10_000_000),
  WEBHOOK_ALLOW_PRIVATE: choice(
    'Whether webhooks and pushes may be sent to this machine and to private networks',
    'false',
    ['true', 'false'],
  ),
  VAPID_PRIVATE_KEY: Type.String({
    description:
      'Signs pushes to browsers, the same on all nodes. Made in DATA_DIR as API_KEYS are; with REDIS_URL, Web Push is off without it',
    default: '',
    pattern: '^([A-Za-z0-9_-]{43})?$',
    allowed: 'a private key of P-256, 32 bytes in base64url, as "npx web-push generate-vapid-keys" prints it',
    secret: true,
  }),
  VAPID_SUBJECT: text(
    'Whom the operators of push services may write to about pushes',
    'mailto:admin@example.com',
    '^(mailto:[^\\s@]+@[^\\s@]+|https://\\S+)$',
    'an address like mailto:you@example.com or https://example.com/contact',
  ),
  PUSH_TEXT: choice('Whether pushes have the text of a message, and not only who has written where', 'false', [
    'true',
    'false',
  ]),
  BEFORE_SEND_URL: Type.String({
    description: 'Your server, which is asked before each message is sent or edited',
    default: '',
    pattern: '^(https?://\\S+)?$',
    allowed: 'a URL that starts with https:// or http://, without user and password',
    // Somebody may write a password into it.
    secret: true,
  }),
  BEFORE_SEND_SECRET: Type.String({
    description:
      'Signs what it is asked, as webhooks are signed. With BEFORE_SEND_URL made in DATA_DIR as API_KEYS are',
    default: '',
    pattern: '^(whsec_[A-Za-z0-9+/]{32,86}={0,2})?$',
    allowed: 'whsec_ and 24 to 64 random bytes in base64',
    secret: true,
  }),
  BEFORE_SEND_FAIL: choice(
    'What happens to a message where it does not answer within a second: closed refuses it for now, open sends it as it is',
    'closed',
    ['closed', 'open'],
  ),
  COMMAND_TIMEOUT_MS: whole('How long a Redis command may take', 2_500, 100, 60_000),
  HEARTBEAT_MS: whole('Time between heartbeats on a stream', 20_000, 100, 600_000),
  DRAIN_MS: whole('How long a shutdown waits for open requests and streams', 5_000, 0, 300_000),
  MAX_SUBSCRIBERS: whole('Open streams and long-polls of one node', 20_000, 1, 1_000_000),
  MAX_SUBSCRIBERS_PER_USER: whole('Open streams and long-polls of one user on one node', 20, 1, 10_000),
  RATE_LIMIT: whole('Requests a second for each user, on each node; 0 is no limit', 10, 0, 1_000_000),
  RATE_LIMIT_BURST: whole('Requests that a user may make at once, after a pause', 600, 1, 1_000_000),
  RATE_LIMIT_SERVER: whole('As RATE_LIMIT, for each API key; its burst is in proportion', 0, 0, 1_000_000),
  PRESENCE: choice('Whether it is told who has a stream open; off writes nothing of it', 'on', ['on', 'off']),
  CORS_ORIGINS: text(
    'Web origins that may call the API, comma separated; * is any, empty is none',
    '',
    '^(\\*|\\s*https?://[^\\s,/]+(\\s*,\\s*https?://[^\\s,/]+)*\\s*)?$',
    '* or comma separated origins like https://chat.example.com (no path)',
  ),
  TRUST_PROXY: text(
    'Proxies whose X-Forwarded-* headers are believed: false, true, or addresses and networks, comma separated',
    'false',
    '',
    'false, true, or comma separated addresses and networks like 10.0.0.0/8',
  ),
});

/** A setting that is free text; an empty default means "not set". */
function text(description: string, initial: string, pattern: string, allowed: string) {
  return Type.String({ description, default: initial, pattern, allowed });
}

function whole(description: string, initial: number, minimum: number, maximum: number) {
  return Type.Integer({ description, default: initial, minimum, maximum });
}

function choice<const Values extends string[]>(description: string, initial: Values[number], values: [...Values]) {
  return Type.Enum(values, { description, default: initial, allowed: values.join(', ') });
}

/** The settings as the schema reads them. */
export type Environment = Type.Static<typeof configSchema>;
export type SettingName = keyof Environment;
