import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOf, headers, hostileService } from '../helpers/hostile.ts';
import { assertRefused, call } from '../helpers/http.ts';
import { operations } from '../helpers/openapi.ts';

/** Odd and hostile paths and queries, each against every operation where it makes sense. */

const service = hostileService();
const { pathOf, refused } = service;

const NAMES = [
  ['a colon', 'a:b'],
  ['an encoded slash', 'a%2Fb'],
  ['a null byte', 'a%00b'],
  ['10,000 characters', 'a'.repeat(10_000)],
  ['65 characters', 'a'.repeat(65)],
  ['an emoji', '%F0%9F%98%80'],
  ['an emoji that is not encoded', Buffer.from('😀').toString('latin1')],
  ['a space', '%20'],
  ['a line feed at the end', 'alice%0A'],
  ['dots', '..'],
  ['encoded dots', '%2e%2e'],
  ['a dash in front', '-a'],
  ['half an escape', 'a%2'],
  ['no UTF-8', '%E0%A4%A'],
  ['a key of Redis', '*'],
  ['a prototype', '__proto__'],
] as const;

const BAD: Record<string, readonly (readonly [what: string, value: string])[]> = {
  uid: NAMES,
  gid: [...NAMES, ['me', 'me']],
  peer: [...NAMES, ['me', 'me']],
  conversation: [
    ...NAMES.map(([what, name]) => [`a person with ${what}`, `user:${name}`] as const),
    ['no kind', 'bob'],
    ['an unknown kind', 'room:bob'],
    ['no name', 'user:'],
    ['two colons', 'user::bob'],
    ['upper case', 'USER:bob'],
    ['me', 'user:me'],
  ],
  id: [
    ['a path', '..%2f..%2fetc%2fpasswd'],
    ['upper case', 'A'.repeat(32)],
    ['too long', 'a'.repeat(33)],
    ['no digits', 'z'.repeat(32)],
    ['a null byte', `${'a'.repeat(31)}%00`],
  ],
  mid: [
    ['a word', 'latest'],
    ['one number', '1'],
    ['an open end', '1-'],
    ['a sign', '-1-1'],
    ['three numbers', '1-1-1'],
    ['leading zeros', '01-1'],
    ['65 bits', '18446744073709551616-0'],
    ['65 bits of seq', '0-18446744073709551616'],
    ['20 nines', '99999999999999999999-1'],
    ['hexadecimal', '0x1-1'],
    ['a null byte', '1-1%00'],
    ['10,000 digits', `${'1'.repeat(10_000)}-1`],
  ],
};

for (const [name, values] of Object.entries(BAD)) {
  test(`a wrong {${name}} in a path`, async () => {
    const concerned = operations.filter((operation) => operation.path.includes(`{${name}}`));
    assert.ok(concerned.length > 0);
    for (const operation of concerned) {
      const body = operation.requestBody?.content['application/json'] && JSON.stringify(exampleOf(operation));
      for (const [what, value] of values) {
        const problem = await refused(operation, pathOf(operation, { [name]: value }), body);
        assert.deepEqual([problem.status, problem.code], [400, 'invalid_request'], `${operation.operationId} ${what}`);
        const unreadable = /%2$|%A$|\u00f0/.test(value);
        assert.match(problem.detail, unreadable ? /percent-encoded|HTTP request/ : /for example/, what);
      }
    }
  });
}

test('query parameters that are wrong, twice, or nobody asked for', async () => {
  const wrong: Record<string, string[]> = {
    limit: ['', '0', '-1', '1.5', 'x', '1e400', '99999999999999999999', '1001', 'NaN', '%00', '0x10'],
    count: ['', '0', '-1', '1.5', 'x', '101', '1e400'],
    block: ['', '-1', 'x', '60001', '1e400', '1.5'],
    before: ['', 'x', '1', '18446744073709551616-0', '1-1%00'],
    after: ['', '%00', 'a%20b', 'x'.repeat(129)],
    start: ['x', '1', '-1', '$$', '18446744073709551616-0', '0-0-0', '%00', '1'.repeat(5_000)],
    watch: ['', ',', 'a,,b', 'a%2Cb:c', '%00', 'me', 'a'.repeat(10_000)],
    ids: ['', ',', 'a,,b', 'a%2Cb:c', '%00', 'me', 'a'.repeat(10_000)],
    consumer: ['', ',', '-a', 'a:b', 'a%2Fb', '%00', 'x'.repeat(65)],
    messages: ['', 'all', 'ERASE', 'erase,keep', '%00', 'x'.repeat(10_000)],
  };
  for (const operation of operations) {
    const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
    for (const { name } of query) {
      // A wrong ticket beside a good key opens a stream, which has no end.
      if (name === 'ticket') continue;
      assert.ok(wrong[name], `no wrong values for ${name}`);
      for (const value of wrong[name]) {
        await refused(operation, `${pathOf(operation)}?${name}=${value}`, undefined);
      }
      await refused(operation, `${pathOf(operation)}?${name}=1&${name}=2`, undefined);
      await refused(operation, `${pathOf(operation)}?${name}[]=1`, undefined);
    }
    if (query.length === 0) continue;
    for (const unknown of ['nope=1', '__proto__=1', 'constructor=1', 'nope', '%00=1', '=1']) {
      await refused(operation, `${pathOf(operation)}?${unknown}`, undefined);
    }
  }
});

test('paths and methods that there are not', async () => {
  for (const path of [
    '/index.html',
    '/assets',
    '/assets/',
    '/assets/..%2findex.html',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/v1',
    '/v1/',
    '/v1/users/alice/',
    '/v2/users/alice',
    '/v1/users/alice/..',
    '//',
    '/%00',
    '/*',
    '/v1//users',
  ]) {
    const answer = await call(service.url, { method: 'GET', path, headers });
    assertRefused(answer, path);
  }
  for (const { path } of operations) {
    const answer = await call(service.url, { method: 'OPTIONS', path: path.replace(/[{}]/g, ''), headers });
    assertRefused(answer, `OPTIONS ${path}`);
  }
});
