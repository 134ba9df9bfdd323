import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

/** What `npm start` does on a machine without Redis. The package manager is one that only notes what it is asked for. */

const SETUP = join(import.meta.dirname, '../scripts/setup.sh');
const TOOLS = ['sh', 'node', 'dirname', 'mktemp', 'id', 'rm', 'grep', 'tail', 'env', 'cat'];
const hasScript = spawnSync('script', ['--version']).status === 0;
const skip = !hasScript && !process.env.CI && 'script (util-linux) is not installed';

let bin: string;
let asked: string;
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'redisim-setup-'));
  for (const tool of TOOLS) symlinkSync(pathOf(tool), join(bin, tool));
  asked = join(bin, 'asked');
  writeFileSync(join(bin, 'apt-get'), `#!/bin/sh\necho "apt-get $*" >>'${asked}'\n`, { mode: 0o755 });
  writeFileSync(join(bin, 'sudo'), '#!/bin/sh\n"$@"\n', { mode: 0o755 });
});
afterEach(() => rmSync(bin, { recursive: true }));

function pathOf(tool: string): string {
  if (tool === 'node') return process.execPath;
  return spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
}

/** Runs the script on a terminal of its own, or without one. */
async function setUp(options: { answer?: string; isTerminal: boolean; env?: Record<string, string> }) {
  const env = { PATH: bin, SHELL: '/bin/sh', ...options.env };
  const command = options.isTerminal ? pathOf('script') : 'sh';
  const args = options.isTerminal ? ['-qec', `sh ${SETUP} --redis`, '/dev/null'] : [SETUP, '--redis'];
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      output += data;
      if (/\[Y\/n\] $/.test(output) && options.answer !== undefined) child.stdin.write(options.answer);
    });
  }
  if (!options.isTerminal) child.stdin.end();
  const [code] = await once(child, 'close');
  return { code, output: output.replaceAll('\r', ''), asked: existsSync(asked) ? readFileSync(asked, 'utf8') : '' };
}

const INSTALLED = 'apt-get update\napt-get install -y --no-install-recommends redis-server\n';

test('a person is shown the command and asked first; Enter and y are yes', { skip }, async () => {
  for (const answer of ['\n', 'y\n']) {
    rmSync(asked, { force: true });
    const run = await setUp({ isTerminal: true, answer });
    assert.match(
      run.output,
      /Run this now\?\n\n {2}(sudo )?apt-get update && .*install -y .*redis-server\n\n\[Y\/n\] /,
    );
    assert.equal(run.asked, INSTALLED);
    assert.equal(run.code, 0, run.output);
  }
});

test('no is no, with what to type instead', { skip }, async () => {
  for (const answer of ['n\n', 'No\n', '\u0004']) {
    const run = await setUp({ isTerminal: true, answer });
    assert.match(
      run.output,
      /nothing was installed\. Type: .*apt-get install .* \(or set REDIS_URL to a Redis that is running\)/,
    );
    assert.equal(run.asked, '');
    assert.equal(run.code, 1);
  }
});

test('with nobody there it does it, and says so', { skip }, async () => {
  for (const how of [{ isTerminal: false }, { isTerminal: true, env: { CI: 'true' } }]) {
    rmSync(asked, { force: true });
    const run = await setUp(how);
    assert.doesNotMatch(run.output, /Y\/n/);
    assert.match(run.output, /redisim: installing Redis: (sudo )?apt-get update && /);
    assert.equal(run.asked, INSTALLED);
    assert.equal(run.code, 0, run.output);
  }
});
