import { createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Outcome } from './history.ts';

export const API_KEY = 'fault-test-key-0123456789';
/** Makes spaces. */
export const ADMIN_KEY = 'fault-test-admin-key-0123456789';
export const JWT_SECRET = 'a secret of the fault tests, 32 bytes';

/** A token of a user that ends after a while. */
export function tokenOf(uid: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: uid, iat: now, exp: now + seconds })}`;
  return `${signed}.${createHmac('sha256', JWT_SECRET).update(signed).digest('base64url')}`;
}

/** Longer than the service ever takes, unless it or its Redis is stopped. */
const TIMEOUT_MS = 10_000;

/** `status` 0: no answer; `neverSent` if nobody listened. */
export interface Answer {
  status: number;
  body: unknown;
  neverSent: boolean;
}

/** A node, and the server key that it is called with: that decides in which space. */
export interface Endpoint {
  url: string;
  key: string;
}

/** The nodes at the moment, dead ones included. */
export type Endpoints = () => readonly Endpoint[];

const agent = new Agent({ keepAlive: true, maxSockets: 200 });

/** Makes a request as a server key; never throws. */
export function ask({ url, key }: Endpoint, method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (text !== undefined) {
      headers['content-type'] = 'application/json';
      headers['content-length'] = String(Buffer.byteLength(text));
    }
    const nothing = (neverSent: boolean) => resolve({ status: 0, body: undefined, neverSent });
    const sent = request(new URL(path, url), { method, agent, headers, timeout: TIMEOUT_MS }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => nothing(false));
      response.on('end', () => {
        const received = Buffer.concat(chunks).toString();
        try {
          const status = response.statusCode ?? 0;
          resolve({ status, body: received === '' ? undefined : JSON.parse(received), neverSent: false });
        } catch {
          nothing(false);
        }
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error: NodeJS.ErrnoException) => nothing(error.code === 'ECONNREFUSED'));
    sent.end(text);
  });
}

/** What an answer to a send says about the message; undefined where it is none that a send should get. */
export function outcomeOfAnswer({ status, neverSent }: Answer): Outcome | undefined {
  if (status === 200 || status === 201) return 'ok';
  if (status === 503 || neverSent) return 'failed';
  return status === 504 || status === 0 ? 'unknown' : undefined;
}

/** Ends the connections that were kept alive. */
export function closeConnections(): void {
  agent.destroy();
}
