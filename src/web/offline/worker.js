/*
 * The service worker of the page: without a line it opens with what is kept, and a click on a notification leads into it. The
 * build puts in front of this, as VERSION and FILES, what the page is made of. What the API answers is never kept.
 */
const PREFIX = 'redisim page ';
const CACHE = PREFIX + VERSION;
/** So long the newest page is waited for, ms; then what is kept is shown. */
const PATIENCE_MS = 4_000;

addEventListener('install', (event) => {
  event.waitUntil(keep());
});

addEventListener('activate', (event) => {
  event.waitUntil(forgetOthers().then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== location.origin) return;
  if (mode === 'navigate' && pathname === '/') event.respondWith(page());
  else if (pathname.startsWith('/assets/')) event.respondWith(file(event.request));
});

addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data.address));
});

async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(['/', ...FILES].map((path) => new Request(path, { cache: path === '/' ? 'reload' : 'default' })));
  await skipWaiting();
}

/** Of the former versions one stays: a page that is open may still ask for a part of it. */
async function forgetOthers() {
  const others = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.slice(0, -1).map((name) => caches.delete(name)));
}

/** The newest page, where the service gives it in time. */
async function page() {
  const kept = () => caches.match('/', { cacheName: CACHE, ignoreVary: true });
  try {
    const answer = await fetch('/', { cache: 'no-cache', signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? answer : ((await kept()) ?? answer);
  } catch {
    return (await kept()) ?? Response.error();
  }
}

/** Files change their names with their contents: what is kept is right. */
async function file(request) {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function show(address) {
  const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find(({ url }) => new URL(url).pathname === '/');
  if (!open) return clients.openWindow(address);
  open.postMessage({ address });
  return open.focus();
}
