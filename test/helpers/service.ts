import { rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import supertest from 'supertest';
import { type AppOptions, buildApp } from '../../src/app.ts';
import { type Config, loadConfig } from '../../src/config/config.ts';
import { openRedis } from '../../src/redis/connection/link.ts';
import type { RedisTarget } from '../../src/redis/connection/target.ts';
import { Keys } from '../../src/redis/keys.ts';
import { quiet } from './im.ts';
import { randomPrefix } from './redis.ts';

export const API_KEY = 'test-key-0123456789';
export const JWT_SECRET = 'a secret of the tests, 32 bytes and more';

export type Service = Awaited<ReturnType<typeof startService>>;

/** What a client may still have open when the service has closed, ms. */
const LINGER_MS = 3_000;

/** The whole service on a real Redis and a real port, under a key prefix of its own. */
export async function startService(
  redis: { readonly target: RedisTarget },
  overrides: Partial<Config> = {},
  options: AppOptions = {},
) {
  const env = {
    API_KEYS: API_KEY,
    JWT_SECRET,
    LOG_LEVEL: 'debug',
    PORT: '0',
    RATE_LIMIT: '0',
    DEMO_LOGIN: 'true',
  };
  const keyPrefix = overrides.keyPrefix ?? randomPrefix();
  const folder = join(tmpdir(), `redisim-files-${keyPrefix.replace(/\W/g, '')}`);
  const config: Config = { ...loadConfig(env), files: { kind: 'folder', path: folder }, ...overrides, keyPrefix };
  const link = await openRedis(redis.target, { commandTimeoutMs: config.commandTimeoutMs, log: quiet });
  const logLines: string[] = [];
  const logStream = { write: (line: string) => void logLines.push(line) };
  const app = await buildApp(config, link, { logStream, ...options }).catch((error: unknown) => {
    link.close();
    throw error;
  });
  await app.listen({ host: '127.0.0.1', port: config.port });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  let closing: Promise<void> | undefined;
  const service = {
    url,
    app,
    config,
    keys: new Keys(config.keyPrefix + link.partition.tag),
    /** The service's access to Redis. */
    link,
    /** The service's own command connection, to look into the keys with. */
    redis: link.commands,
    /** Everything that was logged. */
    logLines,
    /** Requests as an API key. */
    server: as(url, API_KEY),
    /** Requests as a user. */
    user: async (uid: string) => as(url, await userToken(uid)),
    /** Requests with a credential, or none. */
    with: (credential?: string) => as(url, credential),
    /** Makes users, with their uid as name. */
    people: async (...uids: string[]) => {
      for (const uid of uids) await service.server.put(`/v1/users/${uid}`, { fields: { name: uid } }).expect(201);
    },
    /** Makes a group of its owner and others. */
    team: async (gid: string, owner: string, ...others: string[]) => {
      await service.server.put(`/v1/groups/${gid}`, { fields: {}, owner }).expect(201);
      for (const uid of others) await service.server.put(`/v1/groups/${gid}/members/${uid}`).expect(201);
    },
    /** Sends a text as a user; the answer is the message. */
    say: async (from: string, to: string, text: string) =>
      (await service.server.post(`/v1/users/${from}/conversations/${to}/messages`, { fields: { text } }).expect(201))
        .body,
    close: () => {
      // Node waits for the request of a connection that has sent none yet.
      const timer = setTimeout(() => app.server.closeAllConnections(), LINGER_MS);
      closing ??= app.close().then(() => {
        link.close();
        rmSync(folder, { recursive: true, force: true });
      });
      return closing.finally(() => clearTimeout(timer));
    },
  };
  return service;
}

/** A user token as an outside server would sign it. */
export function userToken(uid: string, expiresIn: string | number = '1h', secret = JWT_SECRET): Promise<string> {
  return new SignJWT({ sub: uid })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt()
    .setExpirationTime(expiresIn)
    .sign(Buffer.from(secret));
}

function as(url: string, credential?: string) {
  const agent = supertest(url);
  const send = (method: 'get' | 'put' | 'post' | 'patch' | 'delete') => (path: string, body?: object) => {
    const request = agent[method](path);
    if (credential !== undefined) request.set('authorization', `Bearer ${credential}`);
    return body === undefined ? request : request.send(body);
  };
  return { get: send('get'), put: send('put'), post: send('post'), patch: send('patch'), delete: send('delete') };
}
