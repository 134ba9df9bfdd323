import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { API_KEY_FILE } from '../config/secrets.ts';

/** What the banner tells of. */
export interface BannerOptions {
  /** As configured, before the generated key was filled in. */
  config: Config;
  address: AddressInfo;
  /** Of the embedded Redis. */
  socket: string;
  demoSecret: string;
}

/**
 * What a newcomer reads after the start: where the service is, the link to the chat page, and a block to paste into a
 * second terminal. What is printed ends up in logs, so the block reads the key and does not hold it; the link holds the
 * secret of the demo login, which is there only where nothing was set up that is worth guarding.
 *
 * The block has no comments, which zsh takes for commands, and no alias, which a shell without a terminal does not know.
 */
export function banner({ config, address, socket, demoSecret }: BannerOptions): string {
  const origin = `http://${hostOf(address)}:${address.port}`;
  const generated = config.apiKeys.length === 0;
  const key = generated ? `$(cat ${quote(join(config.dataDir, API_KEY_FILE))})` : '$KEY';
  const lines = [
    `redisim listens on ${origin}   (API: ${origin}/docs, Redis: redis-cli -s ${quote(socket)})`,
    ...(config.demoLogin === 'nobody' ? [] : ['', ...chatLines(origin, demoSecret)]),
    '',
    'To try the API, paste these lines into a second terminal: they make Alice and Bob, let Alice write to Bob, read',
    `Bob's inbox, and follow it live until Ctrl-C.${generated ? '' : ' KEY is one of your API_KEYS.'}`,
    '',
    `im() { curl -sS -w '\\n' -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' "$@"; }`,
    `U=${origin}/v1/users`,
    `im -X PUT $U/alice -d '{"fields":{"name":"Alice"}}'`,
    `im -X PUT $U/bob -d '{"fields":{"name":"Bob"}}'`,
    `im $U/alice/conversations/user:bob/messages -d '{"fields":{"text":"hi"}}'`,
    'im "$U/bob/inbox?start=0"',
    'im -N "$U/bob/inbox/stream?start=0"',
  ];
  return `\n${lines.join('\n')}\n\n`;
}

function chatLines(origin: string, demoSecret: string): string[] {
  const link = demoSecret === '' ? origin : `${origin}/#demo=${encodeURIComponent(demoSecret)}`;
  return ['To chat, open this link in two browser windows, one of them private, under two names:', '', link];
}

/** An address that a client on this machine can connect to. */
function hostOf({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return family === 'IPv6' ? `[${address}]` : address;
}

/** A word of the shell, whatever characters it has. */
function quote(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
