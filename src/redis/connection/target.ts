import type { RedisOptions } from 'ioredis';
import { redisUrlsOf } from '../../config/redis-url.ts';

/** Where Redis is: a unix socket, or what REDIS_URL says: a server, some of a cluster, or the sentinels of a master. */
export type RedisTarget = { readonly path: string } | { readonly url: string };

/** How a target is named in messages and logs: without a password. */
export function targetName(target: RedisTarget): string {
  if ('path' in target) return `unix://${target.path}`;
  const urls = redisUrlsOf(target.url);
  return `${urls[0]!.protocol}//${urls.map(({ host }) => host).join(',')}${urls[0]!.pathname}`;
}

/** The part of ioredis' options that says where a server is and who we are. */
export type Address = Pick<RedisOptions, 'path' | 'host' | 'username' | 'password' | 'db' | 'tls'> & { port?: number };

/** Sentinels, and what they know the master by. */
export interface SentinelTarget {
  readonly name: string;
  readonly sentinels: readonly Address[];
  /** Of the master and its replicas, but for host and port. */
  readonly server: Address;
}

/**
 * The addresses for ioredis: one, or several of a cluster. Our own reading of the URL: ioredis takes any option from its
 * query, which could turn off what the connections promise.
 */
export function addressesOf(target: RedisTarget): [Address, ...Address[]] {
  if ('path' in target) return [{ path: target.path }];
  return redisUrlsOf(target.url).map(addressIn) as [Address, ...Address[]];
}

/** The sentinels that a target names; undefined if it names servers. */
export function sentinelsOf(target: RedisTarget): SentinelTarget | undefined {
  if ('path' in target) return undefined;
  const urls = redisUrlsOf(target.url);
  const [first] = urls as [URL];
  if (!first.protocol.includes('+sentinel')) return undefined;
  const [name, db] = first.pathname.slice(1).split('/') as [string, string?];
  const tls = first.protocol === 'rediss+sentinel:' ? { tls: {} } : {};
  const own = credentialsOf(first.searchParams.get('sentinelUsername'), first.searchParams.get('sentinelPassword'));
  return {
    name: decodeURIComponent(name),
    sentinels: urls.map((url) => ({ ...own, ...tls, host: hostOf(url), port: Number(url.port || 26_379) })),
    server: { ...credentialsIn(first), ...tls, db: Number(db ?? 0) },
  };
}

function addressIn(url: URL): Address {
  if (url.protocol === 'unix:') {
    const db = Number(url.searchParams.get('db') ?? 0);
    return { ...credentialsIn(url), path: decodeURIComponent(url.pathname), db };
  }
  const tls = url.protocol === 'rediss:' ? { tls: {} } : {};
  const db = Number(url.pathname.slice(1) || 0);
  return { ...credentialsIn(url), ...tls, host: hostOf(url), port: Number(url.port || 6379), db };
}

/** An IPv6 host stands in brackets in a URL, which a socket does not take. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function credentialsIn(url: URL): Address {
  return credentialsOf(
    decodeURIComponent(url.username) || url.searchParams.get('username'),
    decodeURIComponent(url.password) || url.searchParams.get('password'),
  );
}

function credentialsOf(username: string | null, password: string | null): Address {
  return { ...(username ? { username } : {}), ...(password ? { password } : {}) };
}
