import { createHmac, randomBytes } from 'node:crypto';

/** Signatures of Standard Webhooks: https://www.standardwebhooks.com */

const PREFIX = 'whsec_';
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** The headers that a receiver verifies an event by. */
export function signedHeaders(
  id: string,
  body: string,
  secrets: readonly string[],
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = secrets.map((secret) => `v1,${sign(secret, `${id}.${timestamp}.${body}`)}`).join(' ');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
}

function sign(secret: string, content: string): string {
  return createHmac('sha256', Buffer.from(secret.slice(PREFIX.length), 'base64'))
    .update(content)
    .digest('base64');
}
