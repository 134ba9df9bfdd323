import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import envSchema from 'env-schema';
import { ConfigError, complaint } from './complaints.ts';
import { crossChecks, sharedSecretChecks } from './cross-checks.ts';
import { filesPlaceOf } from './files.ts';
import { list, trustOf } from './lists.ts';
import { configSchema, type Environment, type SettingName } from './schema.ts';

/** The settings as the service uses them. An optional one that is not set is undefined. */
export type Config = Readonly<ReturnType<typeof toConfig>>;

/**
 * Reads the settings. An empty variable counts as not set.
 * @param env where to read them; by default the process environment, and what it lacks from `.env`
 * @throws ConfigError that names all that is wrong
 */
export function loadConfig(env?: Readonly<Record<string, string | undefined>>): Config {
  return checked(read(env), crossChecks, sharedSecretChecks);
}

/**
 * Reads the settings for a command that only looks for the data: nobody calls it, so that it needs no secrets.
 * @throws as {@link loadConfig}
 */
export function loadConfigOfCommand(env?: Readonly<Record<string, string | undefined>>): Config {
  return checked(read(env), crossChecks);
}

function checked(environment: Environment, ...checks: ((environment: Environment) => Iterable<string>)[]): Config {
  const complaints = checks.flatMap((check) => [...check(environment)]);
  if (complaints.length > 0) throw new ConfigError(complaints);
  return toConfig(environment);
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
    const wrong = new Map(errors.map(({ instancePath, data }) => [instancePath.slice(1) as SettingName, String(data)]));
    throw new ConfigError([...wrong].map(([name, value]) => complaint(name, value)));
  }
}

function toConfig(env: Environment) {
  return {
    host: env.HOST,
    port: env.PORT,
    workers: env.WORKERS,
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
    spaces: env.SPACES === 'on',
    partitions: env.PARTITIONS,
    adminKeys: list(env.ADMIN_KEYS),
    demoLogin: demoLoginOf(env),
    /** Empty until secrets.ts has filled it in, where holders of the secret may log in. */
    demoSecret: '',
    redisUrl: env.REDIS_URL || undefined,
    redisServerBin: env.REDIS_SERVER_BIN || undefined,
    appendfsync: env.APPENDFSYNC,
    keyPrefix: env.KEY_PREFIX,
    files: filesPlaceOf(env.FILES, env.DATA_DIR, env.REDIS_URL),
    fileMax: env.FILE_MAX,
    filePendingMax: env.FILE_PENDING_MAX,
    logLevel: env.LOG_LEVEL,
    inboxMax: env.INBOX_MAX,
    feedMax: env.FEED_MAX,
    idempotencyTtl: env.IDEMPOTENCY_TTL,
    editWindow: env.EDIT_WINDOW,
    groupMax: env.GROUP_MAX,
    logMax: env.LOG_MAX,
    logDays: env.LOG_DAYS,
    webhookAllowPrivate: env.WEBHOOK_ALLOW_PRIVATE === 'true',
    beforeSendUrl: env.BEFORE_SEND_URL || undefined,
    /** Empty until secrets.ts has filled it in, where there is a URL. */
    beforeSendSecret: env.BEFORE_SEND_SECRET,
    beforeSendFail: env.BEFORE_SEND_FAIL,
    /** Empty, where secrets.ts has not filled it in: Web Push is off then. */
    vapidPrivateKey: env.VAPID_PRIVATE_KEY,
    vapidSubject: env.VAPID_SUBJECT,
    pushText: env.PUSH_TEXT === 'true',
    journalMax: env.JOURNAL_MAX,
    journalOn: env.JOURNAL === 'on',
    commandTimeoutMs: env.COMMAND_TIMEOUT_MS,
    heartbeatMs: env.HEARTBEAT_MS,
    drainMs: env.DRAIN_MS,
    maxSubscribers: env.MAX_SUBSCRIBERS,
    maxSubscribersPerUser: env.MAX_SUBSCRIBERS_PER_USER,
    rateLimit: env.RATE_LIMIT,
    rateLimitBurst: env.RATE_LIMIT_BURST,
    rateLimitServer: env.RATE_LIMIT_SERVER,
    presence: env.PRESENCE === 'on',
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
