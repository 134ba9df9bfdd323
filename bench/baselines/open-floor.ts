/**
 * The least that opening a stream could be, of what every opening has to do: plain Node http that verifies the token with one
 * HMAC, asks Redis once where the user's inbox ends, and answers with an event stream. No router, no rules, no hub.
 */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Redis } from 'ioredis';

const redis = new Redis({ path: process.env.REDIS_PATH!, commandTimeout: 5_000 });
const secret = createSecretKey(Buffer.from(process.env.JWT_SECRET!));

const server = createServer(async (request, response) => {
  const { sub } = claimsOf(request.headers.authorization!.slice('Bearer '.length));
  const [newest] = await redis.xrevrange(`s:${sub}`, '+', '-', 'COUNT', 1);
  const cursor = newest?.[0] ?? '0-0';
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  response.write(`id: ${cursor}\nevent: ready\ndata: {"cursor":"${cursor}"}\n\n`);
});

function claimsOf(token: string): { sub: string; exp: number } {
  const end = token.lastIndexOf('.');
  const right = createHmac('sha256', secret).update(token.slice(0, end)).digest('base64url');
  if (!timingSafeEqual(Buffer.from(token.slice(end + 1)), Buffer.from(right))) throw new Error('a wrong signature');
  const claims = JSON.parse(Buffer.from(token.slice(token.indexOf('.') + 1, end), 'base64url').toString());
  if (claims.exp * 1_000 < Date.now()) throw new Error('an old token');
  return claims;
}

server.listen(0, '127.0.0.1', () => {
  process.on('SIGTERM', () => process.exit());
  process.send!({ url: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
});
