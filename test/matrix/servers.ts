import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type DebianServer, unpackServer } from './debian.ts';
import { runMatrix, type Variant } from './matrix.ts';

const SERVERS: Record<string, DebianServer> = {
  'redis-7': { suite: 'bookworm', program: 'redis-server' },
  'redis-8': { suite: 'trixie', program: 'redis-server' },
  'valkey-8': { suite: 'trixie', program: 'valkey-server' },
};

await runMatrix(
  'server',
  Object.entries(SERVERS).map(([name, server]): Variant => {
    return {
      name,
      prepare() {
        const folder = unpackServer(server);
        const binary = join(folder, 'redis-server');
        const version = execFileSync(binary, ['--version'], { encoding: 'utf8' });
        return {
          version: /^(\w+) server v=(\S+)/.exec(version)!.slice(1).join(' '),
          node: process.execPath,
          path: [folder],
          // Tests that do not set it look on PATH.
          env: { REDIS_SERVER_BIN: binary },
        };
      },
    };
  }),
);
