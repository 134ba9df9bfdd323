import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { ERROR_CODES, statusOf } from '../../src/domain/errors.ts';
import { EVENT_TYPES } from '../../src/features/journal/journal-entry.ts';
import { codesOf, document, type Media, operations } from '../helpers/openapi.ts';
import { API_KEY } from '../helpers/service.ts';
import { useService } from '../helpers/use.ts';

const { service } = useService();

/** Codes that no operation has: where there is no operation. */
const OF_NO_OPERATION = ['route_not_found', 'method_not_allowed'];

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
    assert.ok(Object.keys(rest.responses).some((status) => /^(2|101)/.test(status)));
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

test('an operation has one response for all its errors, which tells each of its codes', () => {
  const documented = new Set<string>();
  for (const operation of operations) {
    const { operationId, responses } = operation;
    // Not ready is no error of the caller's: it has a form of its own.
    const failures = Object.keys(responses).filter((status) => !/^(2|101|304)/.test(status));
    assert.deepEqual(failures, operationId === 'getReadiness' ? ['503', 'default'] : ['default'], operationId);
    assert.deepEqual(responses.default?.content?.['application/problem+json']?.schema, {
      $ref: '#/components/schemas/Problem',
    });
    for (const code of codesOf(operation)) {
      documented.add(code);
      const { status } = document.components.examples[code]!.value;
      assert.ok(responses.default?.description.includes(`- ${status} \`${code}\``), `${operationId} ${code}`);
    }
    assert.ok(codesOf(operation).includes('headers_too_large'), operationId);
  }
  const expected = ERROR_CODES.filter((code) => !OF_NO_OPERATION.includes(code));
  assert.deepEqual([...documented].toSorted(), expected.toSorted());
  for (const code of expected) {
    const { value } = document.components.examples[code]!;
    assert.deepEqual([value.code, value.status], [code, statusOf(code)]);
  }
  assert.match(document.info.description, /431.*405/s);
});

test('unions are discriminated, and null only removes a field, or lifts a silence', () => {
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const text = JSON.stringify(schema);
    if (
      ![
        'StreamEvent',
        'ConversationStreamEvent',
        'SocketFrame',
        'ExportLine',
        'BackendEvent',
        'JournalStreamEvent',
      ].includes(name)
    )
      assert.doesNotMatch(text, /"(oneOf|anyOf|allOf)"/, name);
    if (!['FieldsPatch', 'MemberPatch'].includes(name)) assert.doesNotMatch(text, /"null"/, name);
  }
});

test('what has a name of its own in the code of a client has one in the document', () => {
  const { schemas } = document.components;
  for (const name of [
    'JoinPolicy',
    'MemberRole',
    'GapReason',
    'ProblemError',
    'ReadyEvent',
    'HeartbeatEvent',
    'ByeEvent',
  ]) {
    assert.ok(schemas[name], name);
  }
  const { paths, webhooks } = document as unknown as { paths: object; webhooks: object };
  const text = JSON.stringify([paths, webhooks, schemas]);
  for (const [name, schema] of Object.entries(schemas)) {
    const isUsed = text.includes(`"#/components/schemas/${name}"`);
    assert.ok(isUsed, `${name} is used nowhere`);
    // An enumeration of more than one value inside another schema would be one for each place.
    for (const property of Object.values(
      (schema as { properties?: Record<string, { enum?: string[] }> }).properties ?? {},
    ))
      assert.ok((property.enum?.length ?? 0) <= 1 || name === 'Readiness', `${name}: ${property.enum}`);
  }
});

test('a line of NDJSON is an event of the document, and the data of Server-Sent Events is its data', async () => {
  const ajv = new Ajv({ strict: false, formats: { 'date-time': true } });
  ajv.addSchema({ $id: 'document', ...document } as never);
  const isEvent = ajv.compile({ $ref: 'document#/components/schemas/StreamEvent' });
  const { schemas } = document.components;
  const { discriminator } = schemas.StreamEvent as { discriminator: { mapping: Record<string, string> } };
  assert.deepEqual(Object.keys(discriminator.mapping), [
    ...['ready', 'message', 'gap', 'heartbeat', 'bye'],
    ...['read', 'typing', 'presence', 'reaction', 'conversation', 'stale'],
  ]);
  for (const pointer of Object.values(discriminator.mapping)) {
    const { examples } = schemas[pointer.split('/').at(-1)!] as { examples: object[] };
    assert.ok(isEvent(examples[0]), `${pointer}: ${JSON.stringify(isEvent.errors)}`);
  }
  await service.people('nina', 'olaf');
  for (let i = 0; i < 3; i++) await service.say('nina', 'user:olaf', 'x');
  await service.redis.xtrim(service.keys.inbox('olaf' as never), 'MAXLEN', 1);
  const stream = await fetch(`${service.url}/v1/users/olaf/inbox/stream?start=1-1`, {
    headers: { authorization: `Bearer ${API_KEY}`, accept: 'application/x-ndjson' },
  });
  let text = '';
  for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes('"event":"message"') && text.endsWith('\n')) break;
  }
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map((line) => line.event),
    ['ready', 'stale', 'gap', 'message'],
  );
  for (const line of lines) assert.ok(isEvent(line), `${JSON.stringify(line)}: ${JSON.stringify(isEvent.errors)}`);
});

test('every type of event has a schema, and a webhook that carries it', () => {
  const { webhooks } = document as unknown as {
    webhooks: Record<string, { post: { requestBody: { content: Record<string, Media> } } }>;
  };
  assert.deepEqual(Object.keys(webhooks), [...EVENT_TYPES, 'message.sending', 'message.editing']);
  for (const [type, { post }] of Object.entries(webhooks)) {
    const { $ref = '' } = post.requestBody.content['application/json']!.schema;
    const schema = document.components.schemas[$ref.split('/').at(-1)!] as { properties: { type: { enum: string[] } } };
    assert.equal(schema.properties.type.enum.join(), type);
  }
});

test('a generated client knows where to send what, and what not to send', () => {
  assert.deepEqual(
    document.servers.map((server) => server.url),
    ['http://127.0.0.1:8888', '/'],
  );
  const find = (id: string) => operations.find((operation) => operation.operationId === id)!;
  const parameter = (id: string, name: string) => {
    const found = find(id).parameters?.find((one) => one.name === name);
    assert.ok(found, `${id} ${name}`);
    return found;
  };
  assert.equal(parameter('streamInbox', 'ticket').in, 'query');
  assert.ok(find('streamInbox').security.some((way) => 'ticket' in way));
  assert.equal(parameter('readInbox', 'block').schema.default, 0);
  assert.equal(parameter('streamInbox', 'start').schema.default, '$');
  assert.match(parameter('listMessages', 'before').description, /Not together with `after`/);
  assert.match(parameter('listMessages', 'after').description, /Not together with `before`/);
  const right: [id: string, name: string, values: string[]][] = [
    ['listUsers', 'ids', ['alice', 'alice,bob', Array.from({ length: 100 }, () => 'a'.repeat(64)).join()]],
    ['listContacts', 'after', ['1763900311455,user:bob', '0,group:team', '1.5e+22,user:b']],
    ['listConversations', 'after', ['1763900311455-42,user:bob', '0-0,group:team']],
    ['listMembers', 'after', ['bob']],
    ['listJoinRequests', 'after', ['1763900311455,carol']],
    ['listMessages', 'after', ['1763900311455-42', '18446744073709551615-18446744073709551615']],
    ['readInbox', 'start', ['0', '$', '1763900311455-42']],
  ];
  const wrong = ['', ',', 'a b', 'nonsense nonsense', '123456789012345678901-1,user:bob', '-'];
  for (const [id, name, values] of right) {
    const pattern = new RegExp(parameter(id, name).schema.pattern!, 'u');
    for (const value of values) assert.match(value, pattern, `${id} ${name}`);
    for (const value of wrong) assert.doesNotMatch(value, pattern, `${id} ${name}`);
  }
});

test('the document has the words of the API alone, and describes what a system event carries', () => {
  assert.doesNotMatch(JSON.stringify(document), /RECIVE/i);
  const { Message } = document.components.schemas as Record<
    string,
    { properties: { action: { description: string } } }
  >;
  for (const word of [
    'create',
    'update',
    'owner',
    'join',
    'quit',
    'delete',
    'link',
    'request',
    'refuse',
    'erase',
    'gone',
  ])
    assert.match(Message!.properties.action.description, new RegExp(`\`${word}\``), word);
});
