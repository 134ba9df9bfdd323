import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ERROR_CODES, statusOf } from '../../src/errors.ts';
import { document, operations } from '../helpers/openapi.ts';
import { startRedis, type TestRedis } from '../helpers/redis.ts';
import { type Service, startService } from '../helpers/service.ts';

let redis: TestRedis;
let service: Service;
before(async () => {
  redis = await startRedis();
  service = await startService(redis);
});
after(async () => {
  await service?.close();
  await redis?.stop();
});

/** Codes that no operation has: where there is no operation, or what a client can't provoke at one. */
const OF_NO_OPERATION = ['route_not_found', 'method_not_allowed', 'request_timeout', 'headers_too_large'];

test('the committed document is what the service says (npm run openapi writes it)', async () => {
  const { body } = await service.with().get('/openapi.json').expect(200);
  assert.deepEqual(body, document);
});

test('every operation is fully described', () => {
  const tags = new Set(document.tags.map((tag) => tag.name));
  assert.ok(operations.length > 0);
  for (const { operationId, tags: own, summary, description, security, parameters = [], ...rest } of operations) {
    assert.match(operationId, /^[a-z][A-Za-z]+$/);
    assert.ok(own.length === 1 && tags.has(own[0]!), operationId);
    assert.ok(summary && description && security, operationId);
    for (const { name, description } of parameters) assert.ok(description, `${operationId} ${name}`);
    assert.ok(Object.keys(rest.responses).some((status) => status.startsWith('2')));
    for (const { description } of Object.values(rest.responses)) assert.notEqual(description, 'Default Response');
  }
  const ids = operations.map((operation) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
});

test('every JSON body has a named schema and an example', () => {
  for (const { operationId, requestBody, responses } of operations) {
    for (const body of [requestBody, ...Object.values(responses)]) {
      for (const [type, media] of Object.entries(body?.content ?? {})) {
        if (!/json$/.test(type) || type.includes('ndjson')) continue;
        assert.match(media.schema.$ref ?? '', /^#\/components\/schemas\//, operationId);
        assert.ok(media.example ?? media.examples, `${operationId} ${type} ${JSON.stringify(media.schema)}`);
      }
    }
  }
});

test('every error is documented where its status says', () => {
  const documented = new Set<string>();
  for (const { operationId, responses } of operations) {
    for (const [status, { content = {} }] of Object.entries(responses)) {
      for (const code of Object.keys(content['application/problem+json']?.examples ?? {})) {
        documented.add(code);
        assert.equal(document.components.examples[code]?.value.code, code);
        assert.equal(document.components.examples[code]?.value.status, Number(status), operationId);
      }
    }
  }
  const expected = ERROR_CODES.filter((code) => !OF_NO_OPERATION.includes(code));
  assert.deepEqual([...documented].toSorted(), expected.toSorted());
  for (const code of expected) assert.equal(document.components.examples[code]?.value.status, statusOf(code));
});

test('no unions anywhere, and null only removes a field', () => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const text = JSON.stringify(schema);
    assert.doesNotMatch(text, /"(oneOf|anyOf|allOf)"/, name);
    if (name !== 'FieldsPatch') assert.doesNotMatch(text, /"null"/, name);
  }
});
