import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Egress, isPublic } from '../../../src/features/webhooks/egress.ts';

/** What leaves the service, and where it may not go. */

const guarded = new Egress({ allowsPrivate: false, timeoutMs: 2_000 });
const open = new Egress({ allowsPrivate: true, timeoutMs: 500 });

test('an address of this machine, of a private network or of nobody is not public, however it is written', () => {
  for (const address of [
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254'],
    ...['100.64.0.1', '192.0.0.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.2.1'],
    ...['::', '::1', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '2001:db8::1'],
    ...['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001::1'],
  ]) {
    assert.equal(isPublic(address), false, address);
  }
  for (const address of ['8.8.8.8', '93.184.216.34', '2606:2800:220:1::1', '::ffff:8.8.8.8']) {
    assert.equal(isPublic(address), true, address);
  }
});

test('a URL that names such an address is refused at once, whatever its form', () => {
  for (const url of [
    ...['http://127.0.0.1/', 'http://[::1]/', 'http://2130706433/', 'http://0x7f.1/', 'http://0177.0.0.1/'],
    ...['http://[::ffff:127.0.0.1]/', 'http://169.254.169.254/latest/meta-data', 'https://10.0.0.8:8443/x'],
    ...['ftp://example.com/', 'file:///etc/passwd', 'javascript:alert(1)', 'nonsense', 'https://a:b@example.com/'],
  ]) {
    assert.throws(() => guarded.check(url), { code: 'invalid_request' }, url);
  }
  guarded.check('https://example.com/hook');
  open.check('http://127.0.0.1/');
});

test('a name that leads to this machine is not connected to', async () => {
  let connections = 0;
  const server = createServer((_request, response) => response.end()).on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await assert.rejects(guarded.post(`http://localhost:${port}/`, {}, '{}'), /of this machine or of a private network/);
  await assert.rejects(guarded.post(`http://127.0.0.1:${port}/`, {}, '{}'), /of this machine or of a private network/);
  assert.equal(connections, 0);
  assert.equal((await open.post(`http://localhost:${port}/`, {}, '{}')).status, 200);
  assert.equal(connections, 1);
  server.close();
  server.closeAllConnections();
});

test('redirects are not followed, an answer without an end is not read to it, and one that does not come is given up', async () => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url!);
    if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
    else if (request.url === '/endless') {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'.repeat(50_000)), 1);
      response.once('close', () => clearInterval(timer));
    } else if (request.url === '/busy') response.writeHead(503, { 'retry-after': '7' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  assert.equal((await open.post(`${url}/redirect`, {}, '{}')).status, 302);
  assert.equal((await open.post(`${url}/endless`, {}, '{}')).status, 200);
  assert.deepEqual(await open.post(`${url}/busy`, {}, '{}'), { status: 503, retryAfterMs: 7_000, text: '' });
  await assert.rejects(open.post(`${url}/never`, {}, '{}'), /no answer within 0.5 s/);
  assert.deepEqual(paths, ['/redirect', '/endless', '/busy', '/never']);
  server.closeAllConnections();
  server.close();
});
