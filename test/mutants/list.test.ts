import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MUTANTS as OF_FAULTS } from '../faults/mutants.ts';
import { complaintOf, ROOT } from '../helpers/project-copy.ts';
import { MUTANTS } from './index.ts';
import { patchesOf } from './mutant.ts';

/** `npm run test:mutants` takes minutes; that it still can be run is seen here. */

test('what a break replaces occurs exactly once in its file', () => {
  const patches = [...MUTANTS.flatMap(patchesOf), ...OF_FAULTS.flatMap(({ patches }) => patches)];
  assert.deepEqual(
    patches.flatMap((patch) => complaintOf(patch) ?? []),
    [],
  );
});

test('the tests that have to see a break exist', () => {
  const wrong = MUTANTS.flatMap(({ name, tests, pattern = '' }) =>
    tests
      .filter((file) => !existsSync(join(ROOT, file)) || !readFileSync(join(ROOT, file), 'utf8').includes(pattern))
      .map((file) => `${name}: ${file} has no test "${pattern}"`),
  );
  assert.deepEqual(wrong, []);
});

test('each break has a name of its own', () => {
  const names = MUTANTS.map(({ name }) => name);
  assert.deepEqual([...new Set(names)], names);
});
