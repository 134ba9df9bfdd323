import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import envSchema from 'env-schema';
import Type from 'typebox';

/**
 * Every setting of the service: its name, meaning, default and bounds, in one schema. The README's table is checked
 * against it. `allowed` says in words what a pattern says in signs; `secret` values are never echoed.
 */
export const configSchema = Type.Object({
  HOST: text('Address to listen on', '127.0.0.1', '^[^\\s/]+$', 'a host name or an IP address'),
  PORT: whole('Port to listen on; 0 takes a free one', 8888, 0, 65_535),
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
  DEMO_LOGIN: choice(
    'Who may sign in with a mere name, as on the chat page: auto is who has the link that the start prints, on this machine alone, where no keys, tokens or Redis are set up',
    'auto',
    ['auto', 'true', 'false'],
  ),
  REDIS_URL: Type.String({
    description: 'Redis ≥ 7.0 or Valkey to use; without it the service runs its own on a unix socket in DATA_DIR',
    default: '',
    pattern: '^((rediss?)://\\S+|unix:///\\S+)?$',
    allowed: 'redis://[user:password@]host[:port][/db], rediss://… (TLS) or unix:///path[?db=n]',
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
  GROUP_MAX: whole('Members a group may have', 1_000, 1, 10_000),
  LOG_MAX: whole('Messages kept in each conversation, about; 0 keeps all', 0, 0, 1_000_000_000),
  LOG_DAYS: whole('Days a message is kept; 0 keeps all', 0, 0, 36_500),
  COMMAND_TIMEOUT_MS: whole('How long a Redis command may take', 2_500, 100, 60_000),
  HEARTBEAT_MS: whole('Time between heartbeats on a stream', 20_000, 100, 600_000),
  DRAIN_MS: whole('How long a shutdown waits for open requests and streams', 5_000, 0, 300_000),
  MAX_SUBSCRIBERS: whole('Open streams and long-polls of one node', 20_000, 1, 1_000_000),
  MAX_SUBSCRIBERS_PER_USER: whole('Open streams and long-polls of one user on one node', 20, 1, 10_000),
  RATE_LIMIT: whole('Requests a second for each user, on each node; 0 is no limit', 10, 0, 1_000_000),
  RATE_LIMIT_BURST: whole('Requests that a user may make at once, after a pause', 600, 1, 1_000_000),
  RATE_LIMIT_SERVER: whole('As RATE_LIMIT, for each API key; its burst is in proportion', 0, 0, 1_000_000),
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

type Environment = Type.Static<typeof configSchema>;
type Name = keyof Environment;

/** The settings as the service uses them. An optional one that is not set is undefined. */
export type Config = Readonly<ReturnType<typeof toConfig>>;

/** A wrong setting; the message names each variable, what it was, and what is allowed. */
export class ConfigError extends Error {
  constructor(complaints: readonly string[]) {
    super(`wrong configuration:\n${complaints.map((complaint) => `  ${complaint}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the settings. An empty variable counts as not set.
 * @param env where to read them; by default the process environment, and what it lacks from `.env`
 * @throws ConfigError that names all that is wrong
 */
export function loadConfig(env?: Readonly<Record<string, string | undefined>>): Config {
  const environment = read(env);
  const complaints = [...crossChecks(environment)];
  if (complaints.length > 0) throw new ConfigError(complaints);
  return toConfig(environment);
}

/** Splits a comma separated list; spaces around its items and empty items do not count. */
function list(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function toConfig(env: Environment) {
  return {
    host: env.HOST,
    port: env.PORT,
    dataDir: resolve(env.DATA_DIR),
    /** Empty until secrets.ts has filled it in. */
    apiKeys: list(env.API_KEYS),
    /** Empty until secrets.ts has filled it in. */
    jwtSecret: env.JWT_SECRET,
    jwksUrl: env.JWKS_URL || undefined,
    jwtIssuer: env.JWT_ISSUER || undefined,
    jwtAudience: env.JWT_AUDIENCE || undefined,
    jwtAlgorithms: list(env.JWT_ALGORITHMS),
    jwtUidClaim: env.JWT_UID_CLAIM,
    demoLogin: demoLoginOf(env),
    /** Empty until secrets.ts has filled it in, where holders of the secret may log in. */
    demoSecret: '',
    redisUrl: env.REDIS_URL || undefined,
    redisServerBin: env.REDIS_SERVER_BIN || undefined,
    appendfsync: env.APPENDFSYNC,
    keyPrefix: env.KEY_PREFIX,
    logLevel: env.LOG_LEVEL,
    inboxMax: env.INBOX_MAX,
    feedMax: env.FEED_MAX,
    idempotencyTtl: env.IDEMPOTENCY_TTL,
    groupMax: env.GROUP_MAX,
    logMax: env.LOG_MAX,
    logDays: env.LOG_DAYS,
    commandTimeoutMs: env.COMMAND_TIMEOUT_MS,
    heartbeatMs: env.HEARTBEAT_MS,
    drainMs: env.DRAIN_MS,
    maxSubscribers: env.MAX_SUBSCRIBERS,
    maxSubscribersPerUser: env.MAX_SUBSCRIBERS_PER_USER,
    rateLimit: env.RATE_LIMIT,
    rateLimitBurst: env.RATE_LIMIT_BURST,
    rateLimitServer: env.RATE_LIMIT_SERVER,
    corsOrigins: list(env.CORS_ORIGINS),
    trustProxy: trustOf(env.TRUST_PROXY),
  };
}

/** Who may sign in with a mere name. The secret is kept in DATA_DIR, and shown to who starts the service. */
export type DemoLoginFor = 'nobody' | 'holders of the secret' | 'everybody';

/** Left to itself it is on only where nobody else is meant to come, and where no one has set up anything to be trusted. */
function demoLoginOf(env: Environment): DemoLoginFor {
  if (env.DEMO_LOGIN === 'true') return 'everybody';
  const isLocal = env.HOST === 'localhost' || isLoopback(env.HOST);
  const isSetUp = [env.API_KEYS, env.JWT_SECRET, env.JWKS_URL, env.REDIS_URL].some((value) => value !== '');
  return env.DEMO_LOGIN === 'auto' && isLocal && !isSetUp ? 'holders of the secret' : 'nobody';
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** True for an IP address, in its usual form, that only this machine can connect from or to. */
function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

function trustOf(value: string): boolean | string[] {
  return value === 'true' || value === 'false' ? value === 'true' : list(value);
}

function read(env?: Readonly<Record<string, string | undefined>>): Environment {
  try {
    return envSchema<Environment>({
      schema: configSchema,
      env: env === undefined,
      dotenv: env === undefined,
      data: { ...env },
      // `useDefaults: empty`: an empty variable is not set. `verbose`: an error tells what the value was. env-schema
      // types customOptions as a function only, while its code takes an object too.
      ajv: { customOptions: { useDefaults: 'empty', verbose: true, keywords: ['allowed', 'secret'] } as never },
    });
  } catch (error) {
    const { errors } = error as { errors?: { instancePath: string; data: unknown }[] };
    if (!errors) throw error;
    const wrong = new Map(errors.map(({ instancePath, data }) => [instancePath.slice(1) as Name, String(data)]));
    throw new ConfigError([...wrong].map(([name, value]) => complaint(name, value)));
  }
}

/** What the schema cannot say: rules between variables, and items that a pattern would describe badly. */
function* crossChecks(env: Environment): Generator<string> {
  if (env.JWT_SECRET && Buffer.byteLength(env.JWT_SECRET) < 32) yield complaint('JWT_SECRET', env.JWT_SECRET);
  const trust = trustOf(env.TRUST_PROXY);
  if (Array.isArray(trust) && !trust.every(isNetwork)) yield complaint('TRUST_PROXY', env.TRUST_PROXY);
  if (env.JWKS_URL && env.DEMO_LOGIN === 'true') {
    yield 'DEMO_LOGIN was "true", but JWKS_URL is set: tokens come from that issuer alone, and a demo login has none to give';
  }
  if (env.JWKS_URL) {
    if (!URL.canParse(env.JWKS_URL)) yield complaint('JWKS_URL', env.JWKS_URL);
    for (const name of ['JWT_ISSUER', 'JWT_AUDIENCE'] as const) {
      if (!env[name])
        yield `${name} is not set, but JWKS_URL is: a token of another service must not be taken for ours`;
    }
  }
  if (env.REDIS_URL) {
    if (!URL.canParse(env.REDIS_URL)) yield complaint('REDIS_URL', env.REDIS_URL);
    for (const name of ['API_KEYS', 'JWT_SECRET'] as const) {
      if (!env[name]) yield `${name} is not set, but REDIS_URL is: all nodes must share it (${allowed(name)})`;
    }
  }
}

function isNetwork(item: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(item)) return true;
  const [address = '', prefix, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

function complaint(name: Name, value: string): string {
  return `${name} was ${shown(name, value)}; allowed: ${allowed(name)}`;
}

function shown(name: Name, value: string): string {
  if ('secret' in configSchema.properties[name]) return `${value.length} characters long (not shown)`;
  return JSON.stringify(value.length > 200 ? `${value.slice(0, 200)}…` : value);
}

function allowed(name: Name): string {
  const { allowed, minimum, maximum } = configSchema.properties[name] as {
    allowed?: string;
    minimum?: number;
    maximum?: number;
  };
  return allowed ?? `a whole number from ${minimum} to ${maximum}`;
}
