import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { test } from 'node:test';
import { API_KEY } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { service } = useService({ prepare: (service) => service.people('bob') });

/** What a stream is answered as: its status and media type. */
async function answered(accept: string | undefined): Promise<string> {
  const headers = { authorization: `Bearer ${API_KEY}`, ...(accept === undefined ? {} : { accept }) };
  const sent = request(`${service.url}/v1/users/bob/inbox/stream`, { headers, agent: false });
  sent.end();
  const [response] = await once(sent, 'response');
  response.on('error', () => {}).destroy();
  return `${response.statusCode} ${response.headers['content-type'].split(';')[0]}`;
}

const SSE = '200 text/event-stream';
const NDJSON = '200 application/x-ndjson';
const NEITHER = '406 application/problem+json';

test('a stream has the form that the client prefers', async () => {
  const cases: [accept: string | undefined, expected: string][] = [
    [undefined, SSE],
    ['', SSE],
    ['*/*', SSE],
    ['text/*', SSE],
    ['text/event-stream', SSE],
    ['TEXT/EVENT-STREAM', SSE],
    ['text/event-stream;charset=utf-8', SSE],
    ['application/x-ndjson', NDJSON],
    ['application/*', NDJSON],
    ['Application/X-NDJSON; charset="UTF-8"', NDJSON],
    ['application/x-ndjson, application/problem+json', NDJSON],
    // The higher q.
    ['text/event-stream, application/x-ndjson;q=0.5', SSE],
    ['application/x-ndjson;q=0.5, text/event-stream', SSE],
    ['text/event-stream;q=0.3, application/x-ndjson;q=0.4', NDJSON],
    ['application/x-ndjson;q=0, */*', SSE],
    ['text/event-stream;q=0, */*', NDJSON],
    ['*/*;q=0.1, application/x-ndjson', NDJSON],
    // What is named goes before what is merely included; of two that are named, SSE.
    ['application/x-ndjson, */*', NDJSON],
    ['application/x-ndjson, text/event-stream', SSE],
    ['text/event-stream, application/x-ndjson', SSE],
    ['application/x-ndjson;q=0.5, text/event-stream;q=0.5', SSE],
    // Exact types.
    ['application/x-ndjson2', NEITHER],
    ['text/event-streams', NEITHER],
    ['x-text/event-stream', NEITHER],
    ['text/html', NEITHER],
    ['application/json', NEITHER],
    ['*/*;q=0', NEITHER],
    ['text/event-stream;q=0', NEITHER],
    ['nonsense', NEITHER],
    [',,;;"', NEITHER],
  ];
  const seen: typeof cases = [];
  for (const [accept] of cases) seen.push([accept, await answered(accept)]);
  assert.deepEqual(seen, cases);
});

test('who takes neither is told what there is', async () => {
  const { body } = await service.server.get('/v1/users/bob/inbox/stream').set('accept', 'application/json').expect(406);
  assert.equal(body.code, 'not_acceptable');
  assert.match(body.detail, /"Accept: text\/event-stream".*"Accept: application\/x-ndjson"/);
});
