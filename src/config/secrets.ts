import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from './complaints.ts';
import type { Config } from './config.ts';
import { isPrivateKey } from './vapid.ts';

/** The generated server key, in DATA_DIR. */
export const API_KEY_FILE = 'api-key';
/** The generated signing secret, in DATA_DIR. */
export const JWT_SECRET_FILE = 'jwt-secret';
/** The generated secret of the demo login, in DATA_DIR. */
export const DEMO_SECRET_FILE = 'demo-secret';
/** The generated secret that signs what is asked before a message is sent, in DATA_DIR. */
export const BEFORE_SEND_SECRET_FILE = 'before-send-secret';

/** The generated key that signs pushes, in DATA_DIR: any 32 bytes are a private key of P-256. */
export const VAPID_KEY_FILE = 'vapid-key';

/**
 * Fills in the key and the secrets that were not configured from files in DATA_DIR, which are made (mode 0600) when
 * they are not there yet. With REDIS_URL there is nothing to do: the configuration has both.
 * @param warn is told of a file that others may read
 */
export async function withSecrets(config: Config, warn: (message: string) => void): Promise<Config> {
  if (config.redisUrl !== undefined) return config;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const keep = (name: string, make?: () => string) => readOrMake(join(config.dataDir, name), warn, make);
  return {
    ...config,
    apiKeys: config.apiKeys.length > 0 ? config.apiKeys : [await keep(API_KEY_FILE)],
    jwtSecret: config.jwtSecret || (await keep(JWT_SECRET_FILE)),
    vapidPrivateKey:
      config.vapidPrivateKey || privateKeyFrom(join(config.dataDir, VAPID_KEY_FILE), await keep(VAPID_KEY_FILE)),
    demoSecret: config.demoLogin === 'holders of the secret' ? await keep(DEMO_SECRET_FILE) : '',
    beforeSendSecret:
      config.beforeSendSecret || (config.beforeSendUrl ? await keep(BEFORE_SEND_SECRET_FILE, webhookSecret) : ''),
  };
}

function privateKeyFrom(path: string, text: string): string {
  if (isPrivateKey(text)) return text;
  throw new ConfigError([`${path} must hold a private key of P-256; remove it to have a new one made`]);
}

const randomSecret = () => randomBytes(32).toString('base64url');
/** As the libraries of Standard Webhooks take it. */
const webhookSecret = () => `whsec_${randomBytes(32).toString('base64')}`;

async function readOrMake(path: string, warn: (message: string) => void, secretOf = randomSecret): Promise<string> {
  await make(path, secretOf());
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) warn(`${path} can be read by other users of this machine: chmod 600 ${path}`);
  const secret = (await readFile(path, 'utf8')).trim();
  if (/^\S{32,}$/.test(secret)) return secret;
  throw new ConfigError([`${path} must hold at least 32 characters without spaces; remove it to have a new one made`]);
}

/** Whoever is first makes the file, whole: a link is made at once or not at all, and never replaces anything. */
async function make(path: string, secret: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${secret}\n`, { flag: 'wx', mode: 0o600 });
  try {
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}
