import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { API_KEY } from '../helpers/service.ts';
import { useService } from '../helpers/use.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const client = fileURLToPath(new URL('../client', import.meta.url));

const { service } = useService();

test('a client with types made from the document type-checks and works', { timeout: 110_000 }, async (t) => {
  await t.test('the types are made', async () => {
    const bin = `${client}/node_modules/.bin/openapi-typescript`;
    await run(bin, ['openapi/openapi.json', '--output', `${client}/generated/api.d.ts`], { cwd: root });
  });
  await t.test('the program fits them', async () => {
    // The compiler tells what is wrong on stdout, which the error would not show.
    const { stdout } = await run(`${client}/node_modules/.bin/tsc`, ['-p', client, '--noEmit']).catch((error) => error);
    assert.equal(stdout, '');
  });
  await t.test('the program works', async () => {
    const env = { ...process.env, URL: service.url, API_KEY };
    const { stdout } = await run(process.execPath, ['--import', 'tsx', `${client}/chat.ts`], { cwd: root, env });
    assert.equal(stdout.trim(), 'done');
  });
});
