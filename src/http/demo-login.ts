import { createHash } from 'node:crypto';
import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { type DemoLoginFor, isLoopback } from '../config.ts';
import { isName, MAX_NAME, type Uid } from '../ids.ts';

/**
 * Whether a request may sign in with a mere name. With `this machine` it has to come straight from a client on this
 * machine: nothing may have passed it on from somewhere else, and the name that it was sent to must be one that no
 * stranger's DNS can point here. A web page may do it only for itself, else any page that is open in a browser here
 * could make itself tokens.
 */
export function mayLogIn(request: FastifyRequest, allowed: DemoLoginFor): boolean {
  if (allowed === 'nobody') return false;
  if (allowed === 'this machine' && !isFromHere(request)) return false;
  return isOfOwnOrigin(request);
}

function isFromHere({ raw }: FastifyRequest): boolean {
  // Not `request.ip` or `request.host`: with TRUST_PROXY those are what a header says.
  if (!isLoopback(raw.socket.remoteAddress ?? '')) return false;
  // Of two Host headers Node shows the first; a whole URL as the target names a host of its own.
  const hosts = raw.rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host');
  if (hosts.length !== 1 || !raw.url?.startsWith('/')) return false;
  return isLocalHost(raw.headers.host ?? '') && !Object.keys(raw.headers).some((name) => FORWARDED.test(name));
}

/** What proxies and tunnels add to a request that they pass on. */
const FORWARDED = new RegExp(
  [
    '^(x-)?forwarded(-|$)',
    '^x-(original|envoy|appengine|azure|vercel)-',
    '^(cf|cdn|fly|fastly|tailscale|ngrok)-',
    '^x-(real|remote|proxyuser)-(ip|addr)$',
    '^x-(amzn-trace|arr-log)-id$',
    '(client|connecting)-?ip(v6)?$',
    '^via$',
  ].join('|'),
);

const LOCAL_NAME = /^([a-z0-9-]+\.)*localhost$/i;

/** True for the host, with or without a port, of a URL that always leads to the client's own machine. */
function isLocalHost(host: string): boolean {
  const name = host.replace(/:\d{1,5}$/, '');
  if (LOCAL_NAME.test(name) || name === '[::1]') return true;
  return isIPv4(name) && isLoopback(name);
}

/** Of the scheme nothing is known here: TLS may end at a proxy. */
function isOfOwnOrigin({ headers, host }: FastifyRequest): boolean {
  if (headers.origin === undefined) return true;
  return host !== '' && /^https?:\/\/(.*)$/i.exec(headers.origin)?.[1]?.toLowerCase() === host.toLowerCase();
}

/**
 * The uid that a name signs in as: "Zoë B." is `zoe-b.`. Names that differ in case, accents or signs only are the same
 * person. Where letters or digits would get lost ("小明"), or nothing fit is left, a digest of the name keeps people apart.
 */
export function uidOfName(name: string): Uid {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  // A uid starts with a letter or a digit.
  const left = plain.replaceAll(/[^a-z0-9._@+~|-]+/g, '-').replace(/^[^a-z0-9]+/, '');
  const uid = left.replace(/-+$/, '');
  const hasLost = /(?![a-z0-9])[\p{L}\p{N}]/u.test(plain);
  if (!hasLost && isName(uid)) return uid as Uid;
  const digest = createHash('sha256').update(name.trim().normalize('NFKC').toLowerCase()).digest('hex').slice(0, 8);
  const start = uid.slice(0, MAX_NAME - digest.length - 1).replace(/-+$/, '');
  return `${start || 'u'}-${digest}` as Uid;
}
