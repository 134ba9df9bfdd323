import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countsOf, testFiles } from './suite.ts';

const REPORT = `TAP version 13
# tests in a comment of a test
ok 1 - a test
1..9
# tests 9
# suites 1
# pass 5
# fail 1
# cancelled 1
# skipped 1
# todo 1
# duration_ms 12.5
`;

test('the counts are those at the end of the report', () => {
  assert.deepEqual(countsOf(REPORT, false), { tests: 9, passed: 5, failed: 2, skipped: 2 });
});

test('a run that ended badly has a failure, even without a report', () => {
  assert.equal(countsOf('', false).failed, 1);
  assert.equal(countsOf('# tests 3\n# pass 3\n# fail 0\n', false).failed, 1);
  assert.equal(countsOf('# tests 3\n# pass 3\n# fail 0\n', true).failed, 0);
});

test('files and folders are chosen by path; the rule is all but the page', () => {
  assert.deepEqual(testFiles(['test/layout.test.ts', 'test/matrix']), [
    'test/layout.test.ts',
    'test/matrix/suite.test.ts',
  ]);
  const all = testFiles([]);
  assert.ok(all.includes('test/redis/embedded/embedded.test.ts') && all.includes('test/e2e/client.test.ts'));
  assert.ok(!all.some((file) => file.includes('/page/')));
  assert.throws(
    () => testFiles(['test/nowhere']),
    /no test at "test\/nowhere"; name files or folders like test\/redis/,
  );
  assert.throws(() => testFiles(['test/helpers']), /no test at "test\/helpers"/);
});
