import { createHash, timingSafeEqual } from 'node:crypto';
import type { DemoLoginFor } from '../../config/config.ts';
import { ImError } from '../../domain/errors.ts';
import type { Uid } from '../../domain/names.ts';
import { readableId, textToDigest, withEnding } from '../../domain/readable-ids.ts';

/** Who may sign in with a mere name, and the secret that those know who may not be everybody. */
export interface DemoAccess {
  allowed: DemoLoginFor;
  secret: string;
}

const HOW_TO_TURN_ON =
  'It is on where neither API_KEYS, JWT_SECRET, JWKS_URL nor REDIS_URL is set and HOST is this machine alone. ' +
  'DEMO_LOGIN=true turns it on for everybody, who can then be whoever they like.';

const WHERE_THE_SECRET_IS =
  'Open the link that the service printed when it started: it carries the secret. ' +
  'In a request send it as `secret`; DATA_DIR keeps it in the file demo-secret.';

/** @throws ImError where nobody may sign in with a mere name */
export function checkDemoIsOn({ allowed }: DemoAccess): void {
  if (allowed === 'nobody') throw new ImError('demo_login_off', HOW_TO_TURN_ON);
}

/**
 * Where a request comes from is no proof: to the service one that a proxy passes on looks like any client of this
 * machine. Knowing what only DATA_DIR and the link hold is one.
 * @param body as it was sent, not validated yet
 * @throws ImError unless it has the secret, where one is needed
 */
export function checkDemoSecret(body: unknown, { allowed, secret }: DemoAccess): void {
  if (allowed !== 'holders of the secret') return;
  const given = (body as { secret?: unknown } | null | undefined)?.secret;
  if (typeof given !== 'string') throw new ImError('demo_secret_needed', WHERE_THE_SECRET_IS);
  // Digests have one length, and how far they agree tells nothing.
  if (!timingSafeEqual(digestOf(given), digestOf(secret))) {
    throw new ImError('demo_secret_needed', `The secret is not that of this service. ${WHERE_THE_SECRET_IS}`);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The uid that a name signs in as: one that reads like it, with a digest where that would not keep people apart. */
export function uidOfName(name: string): Uid {
  const { id, isWhole } = readableId(name);
  return (isWhole ? id : withEnding(id, digestOf(textToDigest(name)).toString('hex'))) as Uid;
}
