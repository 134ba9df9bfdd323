import { createECDH } from 'node:crypto';
import webPush from 'web-push';
import type { WebAddress } from '../../domain/devices.ts';

/** Who pushes, as push services are told (VAPID, RFC 8292). */
export interface Vapid {
  /** 32 bytes of P-256, in base64url. */
  privateKey: string;
  /** Whom the operator of a push service may write to: an address that begins with mailto: or https:. */
  subject: string;
}

/** For how long a push service keeps what a device does not come for, s. */
const TTL_S = 86_400;

/** Makes requests to push services, whose bodies only the browser can read (RFC 8291). */
export class WebPush {
  /** What a page subscribes with. */
  readonly publicKey: string;
  readonly #vapid: Vapid;

  constructor(vapid: Vapid) {
    const ecdh = createECDH('prime256v1');
    ecdh.setPrivateKey(Buffer.from(vapid.privateKey, 'base64url'));
    this.publicKey = ecdh.getPublicKey('base64url');
    this.#vapid = vapid;
  }

  /** @param topic what of one topic is still to be delivered is replaced by this */
  request(
    { endpoint, keys }: WebAddress,
    payload: string,
    { topic, isUrgent }: { topic: string; isUrgent: boolean },
  ): { headers: Record<string, string>; body: Buffer } {
    const { headers, body } = webPush.generateRequestDetails({ endpoint, keys }, payload, {
      vapidDetails: { ...this.#vapid, publicKey: this.publicKey },
      TTL: TTL_S,
      topic,
      urgency: isUrgent ? 'high' : 'normal',
    });
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
    return { headers: Object.fromEntries(lower), body: body! };
  }
}
