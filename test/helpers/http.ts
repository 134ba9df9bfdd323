import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { Service } from './service.ts';

/** A request as it is: nothing in it is normalised, encoded or checked on the way. */
export interface Call {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** Makes a call, and waits for the whole answer. */
export function call(url: string, { method, path, headers = {}, body }: Call): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(
      { agent, hostname, port, method: method.toUpperCase(), path, headers: { ...length, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Ends the connections that were kept alive. */
export function closeConnections(): void {
  agent.destroy();
}

/** Fails unless the answer is a refusal that a client can understand: 4xx, problem+json, a code, a request id. */
export function assertRefused({ status, headers, text }: Answer, what: string): { code: string; detail: string } {
  assert.ok(status >= 400 && status < 500, `${what}: ${status} ${text.slice(0, 500)}`);
  assert.match(String(headers['content-type']), /^application\/problem\+json/, what);
  const problem = JSON.parse(text);
  assert.equal(problem.status, status, what);
  for (const member of ['type', 'title', 'detail', 'code', 'requestId']) {
    assert.ok(typeof problem[member] === 'string' && problem[member] !== '', `${what}: ${member} of ${text}`);
  }
  assert.ok(text.length < 8_192, `${what}: the answer has ${text.length} characters`);
  return problem;
}

/** A bare connection: what is written is what is sent. */
export function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  return socket;
}

/** All keys of the service with their contents, to see that nothing was written. */
export async function contents(service: Service): Promise<Record<string, string>> {
  const keys = (await service.redis.keys(`${service.keys.prefix}*`)).toSorted();
  const dumps = await Promise.all(keys.map((key) => service.redis.dumpBuffer(key)));
  return Object.fromEntries(keys.map((key, i) => [key, String(dumps[i]?.toString('base64'))]));
}

/** Lines of the log that tell of something that went wrong in the service itself. */
export function faults(service: Service): string[] {
  return service.logLines.filter((line) => JSON.parse(line).level >= 50);
}
