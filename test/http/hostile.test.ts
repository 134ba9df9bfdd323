import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Answer, assertRefused, call, closeConnections, contents, faults } from '../helpers/http.ts';
import { type Operation, operations } from '../helpers/openapi.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { API_KEY, type Service, startService } from '../helpers/service.ts';

/** Odd and hostile requests, each against every operation where it makes sense: refused clearly, nothing written. */

let redis: TestRedis;
let service: Service;
let mid: string;
let untouched: Record<string, string>;
before(async () => {
  redis = await startRedis();
  service = await startService(redis);
  await service.people('alice', 'bob', 'carol');
  await service.team('team', 'alice', 'bob');
  mid = (await service.say('alice', 'user:bob', 'hi')).id;
});
after(async () => {
  closeConnections();
  await service?.close();
  await redis?.stop();
});
beforeEach(async () => {
  untouched = await contents(service);
});
afterEach(async () => {
  assert.deepEqual(await contents(service), untouched, 'something was written');
  assert.deepEqual(faults(service), []);
  await service.server.get('/v1/users/alice').expect(200);
});

const headers = { authorization: `Bearer ${API_KEY}` };
const json = { ...headers, 'content-type': 'application/json' };
const withBody = operations.filter((operation) => operation.requestBody);

/** The path of an operation, with good values except those given. */
function pathOf(operation: Operation, values: Record<string, string> = {}): string {
  const good: Record<string, string> = { uid: 'alice', peer: 'bob', gid: 'team', conversation: 'user:bob', mid };
  return operation.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? good[name]!);
}

/** A good body of an operation, from the document. */
function exampleOf(operation: Operation): Record<string, unknown> {
  const example = operation.requestBody?.content['application/json']?.example;
  assert.ok(example, operation.operationId);
  return structuredClone(example) as Record<string, unknown>;
}

async function refused(operation: Operation, path: string, body: string | Buffer | undefined, sent = json) {
  const request = { method: operation.method, path, headers: body === undefined ? headers : sent, body };
  return check(operation, await call(service.url, request), path, body);
}

/** The refusal has to be one that the document knows. */
function check(operation: Operation, answer: Answer, path: string, body?: string | Buffer) {
  const what = `${operation.operationId} ${path.slice(0, 150)} ${body?.toString().slice(0, 150) ?? ''}`;
  const problem = assertRefused(answer, what);
  const documented = operation.responses[answer.status]?.content?.['application/problem+json']?.examples;
  assert.ok(documented && problem.code in documented, `${what}: ${answer.status} ${problem.code} is not documented`);
  return { ...problem, status: answer.status };
}

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
      const body = operation.requestBody && JSON.stringify(exampleOf(operation));
      for (const [what, value] of values) {
        const problem = await refused(operation, pathOf(operation, { [name]: value }), body);
        assert.deepEqual([problem.status, problem.code], [400, 'invalid_request'], `${operation.operationId} ${what}`);
        const unreadable = /%2$|%A$|\u00f0/.test(value);
        assert.match(problem.detail, unreadable ? /percent-encoded|not an HTTP/ : /for example/, what);
      }
    }
  });
}

test('bodies that are no JSON, or of another type', async () => {
  const deep = (open: string, close: string) => open.repeat(100_000) + close.repeat(100_000);
  for (const operation of withBody) {
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
        type ? { ...headers, 'content-type': type } : (headers as typeof json),
      );
      assert.equal(problem.status, status, `${operation.operationId}: ${what}: ${problem.detail}`);
    }
  }
});

test('a huge body', async () => {
  for (const operation of withBody) {
    const body = Buffer.concat([Buffer.from('{"fields":{"text":"'), Buffer.alloc(20_000_000, 'x'), Buffer.from('"}}')]);
    const problem = await refused(operation, pathOf(operation), body);
    assert.equal(problem.code, 'body_too_large');
  }
});

test('something else where a string, a list or an object belongs', async () => {
  const wrong: Record<string, unknown[]> = {
    string: [1, true, [], {}, ['x'], -0.5, 1e300],
    number: ['1', true, [], {}, 1.5],
    object: [1, 'x', true, [], null],
    array: [1, 'x', {}, null, [null], [1]],
  };
  for (const operation of withBody) {
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
  for (const operation of withBody) {
    for (const name of names) {
      const body = { ...exampleOf(operation), [name]: 'x' };
      assert.equal((await refused(operation, pathOf(operation), JSON.stringify(body))).status, 400);
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
  const withFields = withBody.filter((operation) => 'fields' in exampleOf(operation));
  assert.equal(withFields.length, 5);
  for (const operation of withFields) {
    for (const [fields, statuses] of cases) {
      const body = JSON.stringify({ ...exampleOf(operation), fields });
      const problem = await refused(operation, pathOf(operation), body);
      assert.ok(statuses.includes(problem.status), `${operation.operationId}: ${problem.status} ${problem.detail}`);
    }
  }
});

test('query parameters that are wrong, twice, or nobody asked for', async () => {
  const wrong: Record<string, string[]> = {
    limit: ['', '0', '-1', '1.5', 'x', '1e400', '99999999999999999999', '1001', 'NaN', '%00', '0x10'],
    count: ['', '0', '-1', '1.5', 'x', '101', '1e400'],
    block: ['', '-1', 'x', '60001', '1e400', '1.5'],
    before: ['', 'x', '1', '18446744073709551616-0', '1-1%00'],
    after: ['', '%00', 'a%20b', 'x'.repeat(129)],
    start: ['x', '1', '-1', '$$', '18446744073709551616-0', '0-0-0', '%00', '1'.repeat(5_000)],
    ids: ['', ',', 'a,,b', 'a%2Cb:c', '%00', 'me', 'a'.repeat(10_000)],
    ticket: ['', 'x', '%00', 'a.b.c', 'x'.repeat(10_000)],
  };
  for (const operation of operations) {
    const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
    for (const { name } of query) {
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

test('a key of JSON that is there twice: the last one counts, as everywhere in JavaScript', async () => {
  const operation = operations.find((one) => one.operationId === 'putUser')!;
  const body = '{"fields":{"name":"first"},"fields":{"name":"alice","name":"alice"}}';
  const answer = await call(service.url, { method: 'put', path: pathOf(operation), headers: json, body });
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.text).fields, { name: 'alice' });
});

test('paths and methods that there are not', async () => {
  for (const path of [
    '/',
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
