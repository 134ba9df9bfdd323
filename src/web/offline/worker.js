/*
 * The service worker of the page: without a line it opens with what is kept; it shows what is pushed, and a click on a notification
 * leads into it. The build puts in front of this, as VERSION and FILES, what the page is made of, an ICON, and WORDS in its languages.
 * What the API answers is never kept.
 */
const PREFIX = 'redisim page ';
const CACHE = PREFIX + VERSION;
/** So long the newest page is waited for, ms; then what is kept is shown. */
const PATIENCE_MS = 4_000;
/** How long a page has to answer, ms. */
const ANSWER_MS = 500;

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

addEventListener('push', (event) => {
  event.waitUntil(tell(event.data?.json()));
});

addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(subscribeAnew(event));
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

/** Of the same conversation the newest alone is shown; nothing of one that somebody looks at. */
async function tell({ type, conversation, from, fromName = from, groupName, unread, text }) {
  if (type !== 'message.created') return;
  const address = `/#/chat/${encodeURIComponent(conversation)}`;
  const windows = await clients.matchAll({ type: 'window' });
  const focused = windows.filter((one) => one.focused);
  if ((await Promise.all(focused.map((one) => shows(one, conversation)))).includes(true)) return;
  const words = /^zh\b/i.test(navigator.language) ? WORDS.zh : WORDS.en;
  const isInGroup = conversation.startsWith('group:');
  const said = text ?? words.newMessage;
  const line = isInGroup ? `${fromName}: ${said}` : said;
  await registration.showNotification(isInGroup ? (groupName ?? conversation.slice('group:'.length)) : fromName, {
    body: unread > 1 ? `${line}\n${words.unread.replace('#', unread)}` : line,
    tag: conversation,
    renotify: true,
    icon: ICON,
    data: { address },
  });
}

/** Whether a window shows a conversation: its `url` is the one that it was opened with, so that it is asked. */
function shows(page, conversation) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(resolve, ANSWER_MS, false);
    page.postMessage({ asked: conversation }, [port2]);
  });
}

/** The browser has another address: the service is told in the name of who is logged in, as the page has left it here. */
async function subscribeAnew({ newSubscription, oldSubscription }) {
  const known = await (await caches.match('/push', { cacheName: 'redisim push' }))?.json();
  if (!known) return;
  const { endpoint, keys } = (
    newSubscription ?? (await registration.pushManager.subscribe(oldSubscription.options))
  ).toJSON();
  await fetch(known.path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${known.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'web', endpoint, keys }),
  });
}

async function show(address) {
  const windows = await clients.matchAll({ type: 'window', includeUncontrolled: true });
  const open = windows.find(({ url }) => new URL(url).pathname === '/');
  if (!open) return clients.openWindow(address);
  open.postMessage({ address });
  return open.focus();
}
