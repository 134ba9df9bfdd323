import { createDecipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, type JWTPayload, jwtVerify } from 'jose';
import { eventually } from './delivery.ts';
import { API_KEY, type Service } from './service.ts';

/** What came to a push service, as the browser reads it. */
export interface Pushed {
  browser: string;
  headers: IncomingHttpHeaders;
  /** Who has pushed, as its token says. */
  claims: JWTPayload;
  /** The key that has signed it. */
  key: string;
  /** The bytes of the body. */
  size: number;
  payload: Record<string, unknown>;
  /** When it came, ms since 1970. */
  at: number;
}

export type PushService = Awaited<ReturnType<typeof startPushService>>;

/** A push service, and the browsers that it is of: real keys, real encryption (RFC 8291), real tokens (RFC 8292). */
export async function startPushService() {
  const browsers = new Map<string, { ecdh: ReturnType<typeof createECDH>; auth: Buffer }>();
  const pushed: Pushed[] = [];
  const service = {
    url: '',
    pushed,
    /** How it answers; 201 unless it does. */
    answer: (_one: Pushed, _response: ServerResponse): void | Promise<void> => {},
    /** What a page gets from `pushManager.subscribe`, as the body of a PUT. */
    subscribe: (browser: string) => {
      const ecdh = createECDH('prime256v1');
      const auth = randomBytes(16);
      const p256dh = ecdh.generateKeys('base64url');
      browsers.set(browser, { ecdh, auth });
      return {
        kind: 'web',
        endpoint: `${service.url}/push/${browser}`,
        keys: { p256dh, auth: auth.toString('base64url') },
      } as const;
    },
    /** What came to one browser. */
    of: (browser: string) => pushed.filter((one) => one.browser === browser).map(({ payload }) => payload),
    comes: (count: number) => eventually(() => pushed.length >= count, `${count} pushes`),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const browser = request.url!.split('/').at(-1)!;
    const { ecdh, auth } = browsers.get(browser)!;
    const { claims, key } = await verified(request.headers.authorization ?? '', service.url);
    const payload = JSON.parse(decrypted(body, ecdh, auth)) as Record<string, unknown>;
    const one = { browser, headers: request.headers, claims, key, size: body.length, payload, at: Date.now() };
    pushed.push(one);
    await service.answer(one, response);
    if (!response.headersSent && !response.destroyed) response.writeHead(201).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return service;
}

const derive = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length: number) =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length));

/** One record of aes128gcm: salt, record size, length of the key id, the sender's key, the text and its tag. */
function decrypted(body: Buffer, ecdh: ReturnType<typeof createECDH>, auth: Buffer): string {
  const salt = body.subarray(0, 16);
  const idLength = body.readUInt8(20);
  const sender = body.subarray(21, 21 + idLength);
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), ecdh.getPublicKey(), sender]);
  const secret = derive(ecdh.computeSecret(sender), auth, info, 32);
  const key = derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16);
  const nonce = derive(secret, salt, 'Content-Encoding: nonce\0', 12);
  const sealed = body.subarray(21 + idLength);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce).setAuthTag(sealed.subarray(-16));
  const padded = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  // The last record ends with a 2, and zeros.
  return padded.subarray(0, padded.lastIndexOf(2)).toString('utf8');
}

/** `vapid t=<token>, k=<key>`, whose audience is this push service. */
async function verified(authorization: string, origin: string): Promise<{ claims: JWTPayload; key: string }> {
  const [, token, key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(authorization)!;
  const point = Buffer.from(key!, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const { payload } = await jwtVerify(token!, await importJWK(jwk, 'ES256'), { audience: origin });
  return { claims: payload, key: key! };
}

/** Somebody who has a stream open. Resolves once it is, with what ends it. */
export async function openStream(node: Service, uid: string): Promise<() => Promise<void>> {
  const headers = { authorization: `Bearer ${API_KEY}` };
  const { body } = await fetch(`${node.url}/v1/users/${uid}/inbox/stream`, { headers });
  const reader = body!.getReader();
  await reader.read();
  return () => reader.cancel();
}
