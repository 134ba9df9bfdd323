import { isIP } from 'node:net';
import { allowed, complaint } from './complaints.ts';
import { isFilesPlace } from './files.ts';
import { list, trustOf } from './lists.ts';
import { redisUrlsOf } from './redis-url.ts';
import type { Environment } from './schema.ts';
import { isPrivateKey } from './vapid.ts';

/** Tells what the schema cannot say: rules between variables, and items that a pattern would describe badly. */
export function* crossChecks(env: Environment): Generator<string> {
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
  if (env.REDIS_URL && !isRedisUrl(env.REDIS_URL)) yield complaint('REDIS_URL', env.REDIS_URL);
  if (!isFilesPlace(env.FILES)) yield complaint('FILES', env.FILES);
  if (env.FILE_PENDING_MAX < env.FILE_MAX) {
    yield `FILE_PENDING_MAX was ${env.FILE_PENDING_MAX}, but FILE_MAX is ${env.FILE_MAX}: no file of that size could ever be sent`;
  }
  if (env.VAPID_PRIVATE_KEY && !isPrivateKey(env.VAPID_PRIVATE_KEY)) {
    yield complaint('VAPID_PRIVATE_KEY', env.VAPID_PRIVATE_KEY);
  }
  if (env.SPACES === 'on' && !env.ADMIN_KEYS) {
    yield `ADMIN_KEYS is not set, but SPACES is on: nobody could make one (${allowed('ADMIN_KEYS')})`;
  }
  if (env.BEFORE_SEND_URL) {
    if (!isPlainUrl(env.BEFORE_SEND_URL)) yield complaint('BEFORE_SEND_URL', env.BEFORE_SEND_URL);
  } else {
    const without = 'but BEFORE_SEND_URL is not: nobody is asked before a message is sent';
    if (env.BEFORE_SEND_SECRET) yield `BEFORE_SEND_SECRET is set, ${without}`;
    if (env.BEFORE_SEND_FAIL === 'open') yield `BEFORE_SEND_FAIL is set, ${without}`;
  }
  if (list(env.ADMIN_KEYS).some((key) => list(env.API_KEYS).includes(key))) {
    yield 'ADMIN_KEYS and API_KEYS have a key in common: a key is for spaces, or for what is in one';
  }
}

/** Tells what a service lacks that others share its data with. */
export function* sharedSecretChecks(env: Environment): Generator<string> {
  if (env.REDIS_URL) {
    for (const name of ['API_KEYS', 'JWT_SECRET'] as const) {
      if (!env[name]) yield `${name} is not set, but REDIS_URL is: all nodes must share it (${allowed(name)})`;
    }
    if (env.BEFORE_SEND_URL && !env.BEFORE_SEND_SECRET) {
      yield `BEFORE_SEND_SECRET is not set, but BEFORE_SEND_URL and REDIS_URL are: all nodes must share it (${allowed('BEFORE_SEND_SECRET')})`;
    }
  }
}

function isPlainUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

function isRedisUrl(value: string): boolean {
  try {
    const urls = redisUrlsOf(value);
    // Sentinels are asked for a master by its name.
    return urls.every(({ protocol, pathname }) => !protocol.includes('sentinel') || /^\/[^/]+(\/\d+)?$/.test(pathname));
  } catch {
    return false;
  }
}

function isNetwork(item: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(item)) return true;
  const [address = '', prefix, ...rest] = item.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
