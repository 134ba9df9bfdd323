import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachedFolder } from './cache.ts';

/** A server as a release of Debian packages it. */
export interface DebianServer {
  /** The code name of the release. */
  suite: string;
  /** The package, which is named for the program in it. */
  program: 'redis-server' | 'valkey-server';
}

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const NEEDED = `the servers are Debian's packages: apt-get, dpkg, ${KEYRING} and the network are needed`;

/**
 * Makes a server of any Debian release run on this one: apt downloads its package and all the libraries that it needs,
 * and verifies their signatures; they are unpacked into a cache folder. Nothing is installed.
 * @returns a folder for the front of PATH, in which the server is called `redis-server`
 * @throws Error that says what is missing on this machine
 */
export function unpackServer({ suite, program }: DebianServer): string {
  const architecture = architectureOfDpkg();
  const folder = cachedFolder(`${program}-${suite}-${architecture}`, (root, path) => {
    console.log(`downloading ${program} of Debian ${suite} (about 20 MB) ...`);
    const apt = join(root, 'apt');
    for (const archive of download(apt, suite, architecture, [program, 'patchelf'])) run('dpkg', ['-x', archive, root]);
    rmSync(apt, { recursive: true });
    useOwnLibraries(root, path, program);
    // As Debian's valkey-redis-compat does it: who looks for a server on PATH looks for this name first.
    mkdirSync(join(root, 'server'));
    symlinkSync(`../usr/bin/${program}`, join(root, 'server/redis-server'));
  });
  return join(folder, 'server');
}

function architectureOfDpkg(): string {
  if (!existsSync(KEYRING)) throw new Error(NEEDED);
  return run('dpkg', ['--print-architecture']).trim();
}

/** Has an apt of its own download: one that believes that nothing is installed, so that no library is left out. */
function download(apt: string, suite: string, architecture: string, packages: string[]): string[] {
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(apt, folder), { recursive: true });
  }
  const source = (path: string, name: string) =>
    `deb [arch=${architecture} signed-by=${KEYRING} target=Packages] http://deb.debian.org/${path} ${name} main\n`;
  writeFileSync(join(apt, 'sources.list'), source('debian', suite) + source('debian-security', `${suite}-security`));
  writeFileSync(join(apt, 'status'), '');
  writeFileSync(
    join(apt, 'apt.conf'),
    `Dir::State "${apt}/state";
Dir::State::status "${apt}/status";
Dir::Cache "${apt}/cache";
Dir::Etc::sourcelist "${apt}/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Retries "3";
# The user that apt downloads as may not write into our folder.
APT::Sandbox::User "root";
`,
  );
  const env = { ...process.env, APT_CONFIG: join(apt, 'apt.conf') };
  run('apt-get', ['update', '-qq', '--error-on=any'], env);
  run('apt-get', ['install', '-qq', '-y', '--download-only', '--no-install-recommends', ...packages], env);
  const archives = join(apt, 'cache/archives');
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file));
}

/**
 * Has the program use the C library that it came with, and so the loader of that library, in place of the system's.
 * The loader could be started with the program as its argument, but then the process would have the loader's name and
 * command line, and the service could not tell that it is a Redis.
 * @param root where the packages are unpacked
 * @param path where they will be
 */
function useOwnLibraries(root: string, path: string, program: string): void {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  const loader = files.find((file) => /^(usr\/)?lib\/[^/]+\/ld(-linux[^/]*|64)\.so\.\d$/.test(file));
  if (loader === undefined) throw new Error(`there is no loader in the packages of ${program}`);
  const folders = new Set(files.filter((file) => /^(usr\/)?lib\/[^/]+\/lib[^/]*\.so/.test(file)).map(dirname));
  const libraries = (base: string) => [...folders].map((folder) => join(base, folder)).join(':');
  const patchelf = [join(root, loader), '--library-path', libraries(root), join(root, 'usr/bin/patchelf')];
  const options = ['--set-interpreter', join(path, loader), '--force-rpath', '--set-rpath', libraries(path)];
  run(patchelf[0]!, [...patchelf.slice(1), ...options, join(root, 'usr/bin', program)]);
}

function run(command: string, args: string[], env = process.env): string {
  try {
    return execFileSync(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new Error(`${stderr?.trim() || message}\n${NEEDED}`);
  }
}
