import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['redis-server', 'valkey-server'];

/** How Redis or Valkey is installed, by the ID or ID_LIKE of /etc/os-release; scripts/setup.sh does the same. */
const INSTALL: Record<string, string> = {
  debian: 'sudo apt-get install -y redis-server',
  ubuntu: 'sudo apt-get install -y redis-server',
  alpine: 'sudo apk add redis',
  fedora: 'sudo dnf install -y valkey',
  rhel: 'sudo dnf install -y redis',
  arch: 'sudo pacman -S valkey',
  suse: 'sudo zypper install -y redis',
  darwin: 'brew install redis',
};

/**
 * The Redis or Valkey server to run.
 * @param configured REDIS_SERVER_BIN
 * @throws Error with one line to type on this system, when there is none
 */
export function findServerBinary(configured: string | undefined, path = process.env.PATH ?? ''): string {
  if (configured !== undefined) {
    if (isExecutable(configured)) return configured;
    throw new Error(`REDIS_SERVER_BIN was "${configured}"; allowed: the path of an executable redis-server`);
  }
  for (const name of NAMES) {
    for (const folder of path.split(delimiter)) {
      const candidate = join(folder, name);
      if (folder !== '' && isExecutable(candidate)) return candidate;
    }
  }
  throw new Error(`neither redis-server nor valkey-server was found. ${installLine()}`);
}

/** What to type on this system. */
export function installLine(osRelease = readOsRelease()): string {
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap((match) => match[1]!.split(' '));
  const id = ids.find((candidate) => candidate in INSTALL);
  if (id === undefined) return 'Install Redis 7 or newer, or Valkey; or set REDIS_URL to a running one';
  return `Type: ${INSTALL[id]}   (or set REDIS_URL to a running one)`;
}

function readOsRelease(): string {
  if (process.platform === 'darwin') return 'ID=darwin';
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
