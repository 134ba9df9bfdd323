import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach } from 'node:test';
import { type Answer, assertRefused, call, closeConnections, contents, faults } from './http.ts';
import { codesOf, type Operation } from './openapi.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { API_KEY, type Service, startService } from './service.ts';
import { ADMIN_KEY, SPACES_ON } from './spaces.ts';

export const headers = { authorization: `Bearer ${API_KEY}` };
export const json = { ...headers, 'content-type': 'application/json' };

/** A good body of an operation, from the document. */
export function exampleOf(operation: Operation): Record<string, unknown> {
  const example = operation.requestBody?.content['application/json']?.example;
  assert.ok(example, operation.operationId);
  return structuredClone(example) as Record<string, unknown>;
}

/**
 * A service with some people, for a file of tests that each send what has to be refused. After each test it is checked
 * that nothing was written, that nothing went wrong inside, and that the service still works.
 */
export function hostileService() {
  let redis: TestRedis;
  let service: Service;
  let mid: string;
  let untouched: Record<string, string>;
  before(async () => {
    redis = await startRedis();
    service = await startService(redis, SPACES_ON);
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

  return {
    get url() {
      return service.url;
    },
    /** The path of an operation, with good values except those given. */
    pathOf(operation: Operation, values: Record<string, string> = {}): string {
      const good: Record<string, string> = {
        uid: 'alice',
        peer: 'bob',
        gid: 'team',
        conversation: 'user:bob',
        mid,
        space: 'acme',
        id: '0'.repeat(32),
        consumer: 'billing',
        device: 'laptop',
        webhook: '3f0a6c1e-5a0b-4a57-9b3d-1d2c7f5a9e10',
      };
      return operation.path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? good[name]!);
    },
    /** Sends it, and fails unless it is refused in a way that the document knows. */
    async refused(
      operation: Operation,
      path: string,
      body: string | Buffer | undefined,
      sent: Record<string, string> = json,
    ) {
      const given = body === undefined ? headers : sent;
      const isOfOperator = operation.security.some((scheme) => 'adminKey' in scheme);
      const credential = isOfOperator ? { authorization: `Bearer ${ADMIN_KEY}` } : {};
      const request = { method: operation.method, path, headers: { ...given, ...credential }, body };
      return check(operation, await call(service.url, request), path, body);
    },
  };
}

function check(operation: Operation, answer: Answer, path: string, body?: string | Buffer) {
  const what = `${operation.operationId} ${path.slice(0, 150)} ${body?.toString().slice(0, 150) ?? ''}`;
  const problem = assertRefused(answer, what);
  assert.ok(codesOf(operation).includes(problem.code), `${what}: ${answer.status} ${problem.code} is not documented`);
  return { ...problem, status: answer.status };
}
