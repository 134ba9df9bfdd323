import { addressOf, router } from '../router.svelte.ts';
import icon from './icon-192.png';

/** How often a page that stays open looks for a new version, ms. */
const LOOK_EVERY_MS = 3_600_000;

/** What the service worker says: an address to go to, of a notification; or it asks whether a conversation is open here. */
type Told = { address: string } | { asked: string };

/**
 * Starts the service worker. A new version takes over at once: what is loaded from then on is of it, and a page that is open
 * is loaded anew as soon as nobody looks and nothing is half written.
 */
export async function registerWorker(): Promise<void> {
  // Only a page of https or of this machine has one.
  if (!import.meta.env.PROD || !navigator.serviceWorker) return;
  const worker = navigator.serviceWorker;
  let isOutdated = false;
  let hasOne = worker.controller !== null;
  worker.addEventListener('controllerchange', () => {
    isOutdated ||= hasOne;
    hasOne = true;
  });
  worker.addEventListener('message', ({ data, ports }: MessageEvent<Told>) => {
    const { place } = router;
    if ('asked' in data) ports[0]?.postMessage(place.at === 'chat' && place.conversation === data.asked);
    else location.hash = new URL(data.address, location.origin).hash;
  });
  const registration = await worker.register('/sw.js', { updateViaCache: 'none' });
  let lookedAt = Date.now();
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') {
      if (isOutdated && !isWriting()) location.reload();
    } else if (Date.now() - lookedAt > LOOK_EVERY_MS) {
      lookedAt = Date.now();
      registration.update().catch(() => {
        // No line.
      });
    }
  });
}

/** Shows a notification that leads into a conversation; it takes the place of the former one of the same. */
export async function notify(title: string, body: string, conversation: string): Promise<void> {
  const registration = await navigator.serviceWorker.ready;
  const data = { address: `/${addressOf({ at: 'chat', conversation })}` };
  // The page makes a sound of its own.
  await registration.showNotification(title, { body, tag: conversation, icon, data, silent: true });
}

function isWriting(): boolean {
  return [...document.querySelectorAll('textarea')].some(({ value }) => value !== '');
}
