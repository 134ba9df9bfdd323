import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** A Redis server that works in a folder, whether or not it can be reached. */
export interface StrayServer {
  readonly pid: number;
  /** How it was started, or how it calls itself since. */
  readonly title: string;
  /** True when it is proved that this service started it: same user, and told to listen on this folder's own socket. */
  readonly isOurs: boolean;
}

/** Looks for a server whose working folder is `dataDir`; where there is no /proc, none is found. */
export function findStray(dataDir: string, socket: string, binary: string): StrayServer | undefined {
  if (process.platform !== 'linux') return undefined;
  const names = new Set(['redis-server', 'valkey-server', basename(binary).slice(0, 15)]);
  const folder = realpathSync(dataDir);
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readlinkSync(`/proc/${entry}/cwd`) !== folder) continue;
      if (!names.has(readFileSync(`/proc/${entry}/comm`, 'utf8').trim())) continue;
      const args = readFileSync(`/proc/${entry}/cmdline`, 'utf8').replace(/\0+$/, '').split('\0');
      const isOurUser = statSync(`/proc/${entry}`).uid === process.getuid?.();
      return { pid: Number(entry), title: args.join(' '), isOurs: isOurUser && listensOn(socket, args) };
    } catch {
      // Another user's process, or one that has just ended.
    }
  }
  return undefined;
}

/** Once it runs, a server overwrites its arguments by a title: `redis-server unixsocket:/path`. */
function listensOn(socket: string, args: readonly string[]): boolean {
  const option = args.indexOf('--unixsocket');
  if (option >= 0) return args[option + 1] === socket;
  return args.length === 1 && args[0]!.endsWith(` unixsocket:${socket}`);
}
