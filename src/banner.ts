import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { API_KEY_FILE } from './secrets.ts';

/**
 * What a newcomer reads after the start: where the service is, and three lines to paste into a second terminal. What
 * is printed ends up in logs, so the lines read the key and do not hold it.
 * @param config as configured, before the generated key was filled in
 */
export function banner(config: Config, address: AddressInfo, socket: string): string {
  const origin = `http://${hostOf(address)}:${address.port}`;
  const users = `${origin}/v1/users`;
  const generated = config.apiKeys.length === 0;
  const key = generated ? `$(cat ${quote(join(config.dataDir, API_KEY_FILE))})` : '$KEY';
  const authorization = `"Authorization: Bearer ${key}"`;
  const curl = `curl -sS -w '\\n' -H ${authorization}`;
  const post = `curl -sS -w '\\n' -H "$A" -H 'Content-Type: application/json'`;
  const lines = [
    `redisim listens on ${origin}   (API: ${origin}/docs, Redis: redis-cli -s ${quote(socket)})`,
    ...(config.demoLogin === 'nobody'
      ? []
      : [`Chat: open ${origin} in two browser windows, one of them private, and log in under two names`]),
    '',
    `Paste into a second terminal${generated ? '' : ', where KEY is one of your API_KEYS'}:`,
    '',
    '# 1. Make Alice and Bob, and let Alice write to Bob',
    [
      `A=${authorization} U=${users}`,
      `${post} -X PUT -d '{"fields":{"name":"Alice"}}' $U/alice`,
      `${post} -X PUT -d '{"fields":{"name":"Bob"}}' $U/bob`,
      `${post} -d '{"fields":{"text":"hi"}}' $U/alice/conversations/user:bob/messages`,
    ].join('; '),
    '',
    "# 2. Read Bob's inbox",
    `${curl} '${users}/bob/inbox?start=0'`,
    '',
    '# 3. Follow it live; send again with the first line, and end with Ctrl-C',
    `${curl} -N '${users}/bob/inbox/stream?start=0'`,
  ];
  return `\n${lines.join('\n')}\n\n`;
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
