import type { RedisOptions } from 'ioredis';

/** Where Redis is: a unix socket, or a redis://, rediss:// or unix:// URL. */
export type RedisTarget = { readonly path: string } | { readonly url: string };

/** How a target is named in messages and logs: without a password. */
export function targetName(target: RedisTarget): string {
  if ('path' in target) return `unix://${target.path}`;
  const url = new URL(target.url);
  return `${url.protocol}//${url.host}${url.pathname}`;
}

/** The part of ioredis' options that says where the server is and who we are. */
type Address = Pick<RedisOptions, 'path' | 'host' | 'username' | 'password' | 'db' | 'tls'> & { port?: number };

/**
 * The address for ioredis. Our own reading of the URL: ioredis takes any option from its query, which could turn off what
 * the connections promise.
 */
export function addressOf(target: RedisTarget): Address {
  if ('path' in target) return { path: target.path };
  const url = new URL(target.url);
  const options: Address = {};
  const username = decodeURIComponent(url.username) || url.searchParams.get('username');
  const password = decodeURIComponent(url.password) || url.searchParams.get('password');
  if (username) options.username = username;
  if (password) options.password = password;
  if (url.protocol === 'unix:') {
    return { ...options, path: decodeURIComponent(url.pathname), db: Number(url.searchParams.get('db') ?? 0) };
  }
  // An IPv6 host stands in brackets in a URL, which a socket does not take.
  options.host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  options.port = Number(url.port || 6379);
  options.db = Number(url.pathname.slice(1) || 0);
  if (url.protocol === 'rediss:') options.tls = {};
  return options;
}
