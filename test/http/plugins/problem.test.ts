import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { assertRefused, open } from '../../helpers/http.ts';
import { API_KEY, startService, userToken } from '../../helpers/service.ts';
import { useService } from '../../helpers/use.ts';

const { redis, service } = useService({ prepare: (service) => service.people('alice') });

test('a 401 says what to authenticate with, and what was wrong', async () => {
  const expired = await userToken('alice', 1);
  const noUid = await userToken('a "b" \\ ü');
  const cases: [credential: string | undefined, expected: RegExp][] = [
    [undefined, /^Bearer realm="redisim"$/],
    ['garbage', /^Bearer realm="redisim", error="invalid_token", error_description="This is neither an API key .*"$/],
    [expired, /error="invalid_token", error_description="The token has expired; get a new one\."$/],
    // No quote or backslash of the description may end the quoted string, and nothing may break the header.
    [noUid, /error_description="[^"\\]+"$/],
  ];
  for (const [credential, expected] of cases) {
    const { headers } = await service.with(credential).get('/v1/users/alice').expect(401);
    assert.match(headers['www-authenticate']!, expected);
  }
});

test('the name of a claim may be anything', async () => {
  const other = await startService(redis, { jwtUidClaim: 'https://例え.example/"uid"' });
  const { headers, body } = await other
    .with(await userToken('alice'))
    .get('/v1/users/alice')
    .expect(401);
  assert.match(headers['www-authenticate']!, /error_description="[ !#-[\]-~]+"$/);
  assert.match(body.detail, /例え/);
  await other.close();
});

/** Sends bytes on a connection, and collects what comes until it ends. */
async function exchange(bytes: string, then?: { after: RegExp; bytes: string }): Promise<string> {
  const socket = open(service.url);
  let text = '';
  let sent = false;
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    if (then && !sent && then.after.test(text)) {
      sent = true;
      socket.write(then.bytes);
    }
  });
  const closed = once(socket, 'close');
  socket.write(bytes);
  await closed;
  return text;
}

function parse(text: string) {
  const [top = '', body = ''] = text.split('\r\n\r\n', 2);
  const [status = '', ...lines] = top.split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => line.toLowerCase().split(': ') as [string, string]));
  return { status: Number(status.split(' ')[1]), headers, text: body };
}

test('what is no HTTP gets a problem with an id that the log knows, and nothing of it gets into the log', async () => {
  const big = `GET /healthz HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cr3t\r\na: ${'x'.repeat(20_000)}\r\n\r\n`;
  const cases = [
    ['authorization: Bearer s3cr3t\r\n\r\n', 400, 'invalid_request'],
    [big, 431, 'headers_too_large'],
  ] as const;
  for (const [bytes, status, code] of cases) {
    const answer = parse(await exchange(bytes));
    const problem = assertRefused(answer, code) as unknown as Record<string, unknown>;
    assert.deepEqual([answer.status, problem.code], [status, code]);
    assert.equal(answer.headers['x-request-id'], problem.requestId);
    assert.ok(service.logLines.some((line) => JSON.parse(line).reqId === problem.requestId));
  }
  assert.ok(!service.logLines.some((line) => line.includes('s3cr3t')));
});

test('no error is written into the middle of an answer', async () => {
  const request = `GET /v1/users/alice/inbox/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${API_KEY}\r\n\r\n`;
  const text = await exchange(request, { after: /event: ready\n.*\n\n/, bytes: 'GARBAGE\r\n\r\n' });
  assert.match(text, /event: ready/);
  assert.doesNotMatch(text, /HTTP\/1\.1 400|application\/problem/);
});

test('HEAD is GET without its body, in errors too', async () => {
  for (const [path, status] of [
    ['/v1/users/alice', 200],
    ['/v1/users/nobody', 404],
    ['/nowhere', 404],
  ] as const) {
    const answer = await fetch(service.url + path, { method: 'HEAD', headers: { authorization: `Bearer ${API_KEY}` } });
    assert.equal(answer.status, status, path);
    assert.equal(await answer.text(), '', path);
    assert.ok(answer.headers.get('x-request-id'), path);
  }
});

test('every kind of answer carries a request id and the security headers', async () => {
  const answers = [
    await service.server.get('/v1/users/alice'),
    await service.with().get('/v1/users/alice'),
    await service.server.get('/nowhere'),
    await service.server.post('/v1/users/alice', {}),
    await service.server.put('/v1/users/alice', { fields: 7 }),
    await service.with().get('/docs/static/swagger-ui.css'),
    await service.with().get('/metrics'),
  ];
  for (const { status, headers } of answers) {
    assert.ok(headers['x-request-id'], `${status}`);
    assert.equal(headers['x-content-type-options'], 'nosniff', `${status}`);
    assert.match(headers['content-security-policy']!, /default-src 'none'/, `${status}`);
  }
});

test('the page of the docs loads only what its policy allows', async () => {
  const { headers, text } = await service.with().get('/docs/').expect(200);
  const policy = headers['content-security-policy']!;
  for (const part of ["script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:"]) {
    assert.ok(policy.includes(part), policy);
  }
  // A browser would ask for everything by https, which nobody answers.
  assert.doesNotMatch(policy, /upgrade-insecure-requests|unsafe/);
  assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)[^>]*>/, 'nothing inline');
  const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => new URL(file!, `${service.url}/docs/`));
  assert.ok(files.length >= 6);
  for (const file of files) {
    assert.equal(file.origin, service.url);
    await service.with().get(file.pathname).expect(200);
  }
  const { text: css } = await service.with().get('/docs/static/swagger-ui.css').buffer(true);
  const sources = [...css.matchAll(/url\(["']?([^"')]{0,20})/g)].map(([, source]) => source!);
  assert.ok(sources.length > 0);
  for (const source of sources) assert.match(source, /^data:image\//);
  assert.doesNotMatch(css.slice(0, 1_000), /@import/);
});
