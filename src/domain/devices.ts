import { createECDH, hash } from 'node:crypto';
import { ImError } from './errors.ts';

/** Where Web Push goes to, as a browser's PushSubscription has it. */
export interface WebAddress {
  kind: 'web';
  endpoint: string;
  keys: { p256dh: string; auth: string };
}

/** Where the server's own backend pushes to. */
export interface TokenAddress {
  kind: 'fcm' | 'apns';
  token: string;
}

export type DeviceAddress = WebAddress | TokenAddress;
export type DeviceKind = DeviceAddress['kind'];
export const DEVICE_KINDS = ['web', 'fcm', 'apns'] as const satisfies DeviceKind[];

/** A device, as it is kept. */
export interface DeviceRecord {
  device: string;
  createdAtMs: number;
  /** Of its address. */
  digest: string;
  address: DeviceAddress;
}

/** Tells addresses apart. */
export function digestOf(address: DeviceAddress): string {
  const text = address.kind === 'web' ? address.endpoint : `${address.kind}:${address.token}`;
  return hash('sha256', text, 'base64url');
}

/** Reads `<made at, ms> <digest> <JSON>`. */
export function deviceFrom(device: string, kept: string): DeviceRecord {
  const [madeAt = '', digest = ''] = kept.split(' ', 2);
  const address = JSON.parse(kept.slice(madeAt.length + digest.length + 2)) as DeviceAddress;
  return { device, createdAtMs: Number(madeAt), digest, address };
}

const P256DH_BYTES = 65;
const AUTH_BYTES = 16;

/** @throws ImError `invalid_request` for keys that nothing can be encrypted with */
export function checkKeys({ p256dh, auth }: WebAddress['keys']): void {
  const point = Buffer.from(p256dh, 'base64url');
  if (point.length !== P256DH_BYTES || !isOnCurve(point)) {
    throw new ImError(
      'invalid_request',
      `"keys.p256dh" is the browser's public key, ${P256DH_BYTES} bytes of P-256 in base64url: pass what PushSubscription.toJSON() has.`,
    );
  }
  if (Buffer.from(auth, 'base64url').length !== AUTH_BYTES) {
    throw new ImError(
      'invalid_request',
      `"keys.auth" is the browser's secret, ${AUTH_BYTES} bytes in base64url: pass what PushSubscription.toJSON() has.`,
    );
  }
}

function isOnCurve(point: Buffer): boolean {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  try {
    ecdh.computeSecret(point);
    return true;
  } catch {
    return false;
  }
}
