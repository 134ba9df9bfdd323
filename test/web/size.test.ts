import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** The built page, as `scripts/build.sh` leaves it. */

const WEB = join(import.meta.dirname, '../../dist/web');

test('what the page loads at first is small', (t) => {
  const html = readFileSync(join(WEB, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\/?(assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
  assert.ok(scripts.length > 0);
  const bytes = scripts.reduce((sum, path) => sum + statSync(join(WEB, `${path}.gz`)).size, 0);
  t.diagnostic(`${(bytes / 1000).toFixed(1)} KB of JavaScript, gzipped`);
  assert.ok(bytes <= 110_000, `${bytes} bytes`);
});
