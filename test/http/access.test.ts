import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Area, answerTo, CALLERS, expectedOf, PEOPLE, ROWS, SERVER } from '../helpers/access.ts';
import { API_KEY, userToken } from '../helpers/service.ts';
import { makeSpace, SPACES_ON } from '../helpers/spaces.ts';
import { useService } from '../helpers/use.ts';

/** Who may call what: every operation of the OpenAPI document, as every kind of caller. */

let area: Area;
const { service } = useService({
  config: { ...SPACES_ON, logLevel: 'warn' },
  prepare: async (started) => {
    await started.people(...PEOPLE, 'linked');
    await makeSpace(started, 'acme');
    const tokens: Area['tokens'] = {};
    for (const uid of PEOPLE) tokens[uid] = await userToken(uid);
    tokens.expired = await userToken('bob', Math.floor(Date.now() / 1_000) - 60);
    area = { ...started, serverKey: API_KEY, tokens };
  },
});

type Operation = { operationId: string; security?: Record<string, unknown>[] };

function operations(): { method: string; operation: Operation }[] {
  const { paths } = service.app.swagger() as unknown as { paths: Record<string, Record<string, Operation>> };
  return Object.values(paths).flatMap((methods) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), operation })),
  );
}

test('every operation has a row, every row an operation', () => {
  assert.deepEqual(
    operations()
      .map(({ operation }) => operation.operationId)
      .sort(),
    Object.keys(ROWS).sort(),
  );
});

test('the document says of each operation what is enforced', () => {
  for (const { operation } of operations()) {
    const { expect, operator } = ROWS[operation.operationId]!;
    const schemes = (operation.security ?? []).flatMap((scheme) => Object.keys(scheme)).sort();
    const isOfSocket = /^open.*Socket$/.test(operation.operationId);
    const wanted =
      !expect.startsWith('401') && !isOfSocket
        ? []
        : operator
          ? ['adminKey']
          : expect.startsWith(SERVER)
            ? ['serverKey']
            : ['serverKey', 'userToken'];
    if (/^(stream(?!Journal)|getFile$)/.test(operation.operationId) || isOfSocket) wanted.push('ticket');
    assert.deepEqual(schemes, wanted.sort(), operation.operationId);
  }
});

test('every operation answers every kind of caller as it says', async () => {
  const table: string[] = [];
  const wrong: string[] = [];
  for (const { method, operation } of operations()) {
    const row = ROWS[operation.operationId]!;
    const got: number[] = [];
    for (const caller of CALLERS) got.push((await answerTo(area, method, row, caller)).status);
    table.push(`${operation.operationId.padEnd(20)} ${got.join(' ')}`);
    if (got.join(' ') !== expectedOf(row))
      wrong.push(`${operation.operationId}: got ${got.join(' ')}, expected ${expectedOf(row)}`);
  }
  if (process.env.PRINT_ACCESS_TABLE) process.stdout.write(`${CALLERS.join(' ')}\n${table.join('\n')}\n`);
  assert.deepEqual(wrong, []);
});
