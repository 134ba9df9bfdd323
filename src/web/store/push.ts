import type { Api } from '../api/client.ts';
import { newId } from './ids.ts';

/** This browser's name among the devices of its user, which has pushes; absent before it has any. */
const KEY = 'redisim.device';
/** Where the service worker finds what it needs to tell of a new address while no page is open: see worker.js. */
const FOR_WORKER = { cache: 'redisim push', path: '/push' };

/** Pushes of messages to this browser, also while no page of it is open. */
export class Push {
  readonly #api: Api;
  readonly #token: string;
  #isOver = false;

  constructor(api: Api, token: string) {
    this.#api = api;
    this.#token = token;
  }

  /** Has messages pushed here, where the person and the service let that happen. It may be called again at any time. */
  async begin(): Promise<void> {
    if (!canPush() || Notification.permission !== 'granted') return;
    try {
      const { publicKey } = await this.#api.GET('/v1/push');
      const { pushManager } = await navigator.serviceWorker.ready;
      const address = (await subscriptionWith(pushManager, publicKey)).toJSON();
      if (this.#isOver) return;
      const device = localStorage.getItem(KEY) ?? newId();
      localStorage.setItem(KEY, device);
      const { endpoint = '', keys = {} } = address;
      const { p256dh = '', auth = '' } = keys;
      await this.#api.PUT('/v1/users/{uid}/devices/{device}', {
        params: { path: { uid: 'me', device } },
        body: { kind: 'web', endpoint, keys: { p256dh, auth } },
      });
      const known = { path: `/v1/users/me/devices/${device}`, token: this.#token };
      await (await caches.open(FOR_WORKER.cache)).put(FOR_WORKER.path, Response.json(known));
    } catch {
      // The service pushes nothing, the browser has no push service, or there is no line: the page tells by itself while it is
      // open, and asks again when it is opened the next time.
    }
  }

  /** Ends it, for who logs out. What the service can't be told now it learns from the push service. */
  async forget(): Promise<void> {
    this.#isOver = true;
    const device = localStorage.getItem(KEY);
    if (device === null) return;
    localStorage.removeItem(KEY);
    const removed = this.#api.DELETE('/v1/users/{uid}/devices/{device}', { params: { path: { uid: 'me', device } } });
    await Promise.allSettled([removed, caches.delete(FOR_WORKER.cache), unsubscribe()]);
  }
}

/** Only a page of https or of this machine has all of these, and not every browser. */
function canPush(): boolean {
  return 'Notification' in globalThis && 'PushManager' in globalThis && navigator.serviceWorker?.controller != null;
}

/** The subscription of this browser; one that was made for another key is made anew. */
async function subscriptionWith(pushManager: PushManager, publicKey: string): Promise<PushSubscription> {
  const known = await pushManager.getSubscription();
  const key = known?.options.applicationServerKey;
  if (known && key && base64url(key) === publicKey) return known;
  await known?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: publicKey });
}

async function unsubscribe(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
}

function base64url(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
