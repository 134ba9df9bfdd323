import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { cachedFolder } from './cache.ts';
import { runMatrix } from './matrix.ts';

/** The oldest with a strict HTTP parser (llhttp 9), and the newest of 22 and 24. */
const NODES: Record<string, string> = { '20': '20.19.2', '22': '22.23.3', '24': '24.21.0' };

await runMatrix(
  'node',
  Object.entries(NODES).map(([name, version]) => ({
    name,
    prepare() {
      const node = installNode(version);
      const found = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
      return { version: found, node, path: [dirname(node)] };
    },
  })),
);

/** The `node` of a version, from the package with this platform's binary that the npm package `node` would choose. */
function installNode(version: string): string {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = cachedFolder(`${name}-${version}`, (prefix) => {
    console.log(`downloading Node ${version} (about 40 MB) ...`);
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    execFileSync('npm', ['install', '--prefix', prefix, ...options, `${name}@${version}`], {
      cwd: prefix,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  });
  return join(folder, 'node_modules', name, 'bin/node');
}
