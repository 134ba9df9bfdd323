/**
 * Writes openapi/openapi.json from the routes; with `--check` it only tells whether the file is up to date, and fails
 * if it is not. The routes need a Redis to be built: one is started for the moment.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { buildApp } from '../src/app.ts';
import { loadConfig } from '../src/config/config.ts';
import { openRedis } from '../src/redis/connection/link.ts';
import { startRedis } from '../test/helpers/redis.ts';

const FILE = new URL('../openapi/openapi.json', import.meta.url);

async function documentOfRoutes(): Promise<string> {
  const server = await startRedis();
  const log = { info() {}, warn() {}, error() {} };
  try {
    const config = loadConfig({ API_KEYS: 'k'.repeat(16), JWT_SECRET: 's'.repeat(32), LOG_LEVEL: 'silent' });
    const link = await openRedis(server.target, { commandTimeoutMs: 2_500, log, mayHaveLostData: false });
    try {
      const app = await buildApp(config, link);
      await app.ready();
      const document = `${JSON.stringify(app.swagger(), null, 2)}\n`;
      await app.close();
      return document;
    } finally {
      link.close();
    }
  } finally {
    await server.stop();
  }
}

const document = await documentOfRoutes();
if (process.argv.includes('--check')) {
  let committed = '';
  try {
    committed = readFileSync(FILE, 'utf8');
  } catch {
    // Missing counts as out of date.
  }
  if (committed !== document) {
    process.stderr.write('openapi/openapi.json is not what the routes say: run `npm run openapi` and commit it\n');
    process.exitCode = 1;
  }
} else {
  mkdirSync(new URL('.', FILE), { recursive: true });
  writeFileSync(FILE, document);
}
