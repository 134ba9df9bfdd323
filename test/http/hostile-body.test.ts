import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { BODY_LIMIT } from '../../src/http/plugins/body-limit.ts';
import { exampleOf, headers, hostileService, json } from '../helpers/hostile.ts';
import { call } from '../helpers/http.ts';
import { type Operation, operations, withJson } from '../helpers/openapi.ts';

/** Odd and hostile bodies, each against every operation that takes one. */

const service = hostileService();
const { pathOf, refused } = service;
test('bodies that are no JSON, or of another type', async () => {
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
  for (const operation of withJson) {
    const good = JSON.stringify(exampleOf(operation));
    const cases: [what: string, type: string | undefined, body: string | Buffer, status: number][] = [
      ['random bytes', 'application/json', randomBytes(10_000), 400],
      ['null bytes', 'application/json', Buffer.alloc(100), 400],
      ['no body', 'application/json', '', 400],
      ['half of it', 'application/json', good.slice(0, -1), 400],
      ['more behind it', 'application/json', `${good}${good}`, 400],
      ['a comma too much', 'application/json', `${good.slice(0, -1)},}`, 400],
      ['NaN', 'application/json', '{"fields":NaN}', 400],
      ['compressed', 'application/json', gzipSync(good), 400],
      ['UTF-16', 'application/json', Buffer.from(good, 'utf16le'), 400],
      ['deep lists', 'application/json', deep('[', ']'), 400],
      ['deep objects', 'application/json', `${'{"a":'.repeat(70_000)}1${'}'.repeat(70_000)}`, 400],
      ['deep fields', 'application/json', `{"fields":${deep('[', ']')}}`, 400],
      ...['5', '"text"', 'null', 'true', '[]', `[${good}]`].map(
        (body) => [body, 'application/json', body, 400] as [string, string, string, number],
      ),
      ['text', 'text/plain', good, 415],
      ['XML', 'application/xml', '<fields/>', 415],
      ['a form', 'application/x-www-form-urlencoded', 'fields=1', 415],
      ['a file', 'multipart/form-data; boundary=x', '--x--', 415],
      ['bytes', 'application/octet-stream', randomBytes(100), 415],
      ['an unknown type', 'application/vnd.nobody.knows+json', good, 415],
      ['a type that is none', ';;;', good, 415],
      ['no type', undefined, good, 415],
    ];
    for (const [what, type, body, status] of cases) {
      const problem = await refused(
        operation,
        pathOf(operation),
        body,
        type ? { ...headers, 'content-type': type } : headers,
      );
      const expected = isTooLargeFor(operation, body) ? 413 : status;
      assert.equal(problem.status, expected, `${operation.operationId}: ${what}: ${problem.detail}`);
    }
  }
});

test('a huge body', async () => {
  for (const operation of withJson) {
    const body = Buffer.concat([Buffer.from('{"fields":{"text":"'), Buffer.alloc(20_000_000, 'x'), Buffer.from('"}}')]);
    const problem = await refused(operation, pathOf(operation), body);
    assert.equal(problem.code, 'body_too_large');
  }
});

test('something else where a string, a list or an object belongs', async () => {
  const wrong: Record<string, unknown[]> = {
    string: [1, true, [], {}, ['x'], -0.5, 1e300],
    number: ['1', true, [], {}, 1.5],
    object: [1, 'x', true, []],
    array: [1, 'x', {}, null, [null], [1]],
  };
  for (const operation of withJson) {
    for (const place of placesIn(exampleOf(operation))) {
      const original = at(exampleOf(operation), place);
      const kind = original === null ? 'string' : Array.isArray(original) ? 'array' : typeof original;
      for (const value of wrong[kind] ?? []) {
        const body = exampleOf(operation);
        put(body, place, value);
        const problem = await refused(operation, pathOf(operation), JSON.stringify(body));
        assert.deepEqual([problem.status, problem.code], [400, 'invalid_request']);
        assert.match(problem.detail, /^body/);
      }
    }
  }
});

test('a number that is none', async () => {
  const operation = operations.find((one) => one.operationId === 'createToken')!;
  for (const number of ['1e400', '-1', '0', '1e99', '0.1', '2592001', '1e3.5', '0x10', '01']) {
    await refused(operation, pathOf(operation), `{"uid":"alice","ttlSeconds":${number}}`);
  }
});

test('members that nobody asked for, and prototypes', async () => {
  const names = ['x', '', 'constructor', 'toString', 'hasOwnProperty', 'x'.repeat(100_000)];
  for (const operation of withJson) {
    for (const name of names) {
      const body = JSON.stringify({ ...exampleOf(operation), [name]: 'x' });
      const expected = isTooLargeFor(operation, body) ? 413 : 400;
      assert.equal((await refused(operation, pathOf(operation), body)).status, expected);
    }
    const good = JSON.stringify(exampleOf(operation));
    for (const poison of [
      '"__proto__":{"fields":{}}',
      '"__proto__":null',
      '"\\u005f_proto__":1',
      '"constructor":{"prototype":{"x":1}}',
      '"fields":{"__proto__":"x"}',
      '"fields":{"constructor":{"prototype":"x"}}',
      '"fields":1',
    ]) {
      // Where "fields" is twice, the last one counts.
      const body = `${good.slice(0, -1)},${poison}}`;
      assert.equal((await refused(operation, pathOf(operation), body)).status, 400, poison);
    }
  }
  assert.equal(({} as Record<string, unknown>).fields, undefined);
});

test('names and values of fields that are too long, too many, or no Unicode', async () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, '']));
  const cases: [fields: Record<string, string>, statuses: number[]][] = [
    [{ '': 'x' }, [400]],
    [{ ['x'.repeat(65)]: 'x' }, [400]],
    [{ ['x'.repeat(100_000)]: 'x' }, [400]],
    [many, [400]],
    [{ text: 'x'.repeat(65_533) }, [422]],
    [{ text: '\ud800' }, [400]],
    [{ '\udfff': 'x' }, [400]],
  ];
  const withFields = withJson.filter((operation) => 'fields' in exampleOf(operation));
  assert.equal(withFields.length, 7);
  for (const operation of withFields) {
    for (const [fields, statuses] of cases) {
      const body = JSON.stringify({ ...exampleOf(operation), fields });
      const problem = await refused(operation, pathOf(operation), body);
      assert.ok(statuses.includes(problem.status), `${operation.operationId}: ${problem.status} ${problem.detail}`);
    }
  }
});

test('a key of JSON that is there twice: the last one counts, as everywhere in JavaScript', async () => {
  const operation = operations.find((one) => one.operationId === 'putUser')!;
  const body = '{"fields":{"name":"first"},"fields":{"name":"alice","name":"alice"}}';
  const answer = await call(service.url, { method: 'put', path: pathOf(operation), headers: json, body });
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.text).fields, { name: 'alice' });
});

/** Where neither fields nor messages are expected, little is read. */
function isTooLargeFor(operation: Operation, body: string | Buffer): boolean {
  const example = exampleOf(operation);
  const takesText = 'fields' in example || 'messages' in example;
  return !takesText && Buffer.byteLength(body) > ('uids' in example ? BODY_LIMIT.ids : BODY_LIMIT.small);
}

/** Where anything is in a body: lists of names and positions. */
function placesIn(value: unknown, place: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== 'object' || value === null) return [place];
  const inside = Object.entries(value).flatMap(([name, member]) => placesIn(member, [...place, name]));
  return place.length === 0 ? inside : [place, ...inside];
}

function at(value: unknown, place: (string | number)[]): unknown {
  return place.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], value);
}

function put(value: unknown, place: (string | number)[], member: unknown): void {
  (at(value, place.slice(0, -1)) as Record<string, unknown>)[place.at(-1)!] = member;
}
