import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { type PushService, startPushService } from '../../helpers/push-service.ts';
import { Person, skip } from './browser.ts';
import { countTold, shown, toldOf } from './notifications.ts';
import { openPage } from './people.ts';

interface Device {
  device: string;
  kind: string;
}

/**
 * Messages that are pushed to the page, in a real browser. What is not real is the push service of the browser's maker alone: what
 * the page subscribes to is one of the tests, and what comes there is handed to the service worker by the browser's own hand.
 */
describe('the chat page: pushes', { skip }, () => {
  const page = openPage(() => ({ WEBHOOK_ALLOW_PRIVATE: 'true' }));
  let push: PushService;
  before(async () => {
    push = await startPushService();
  });
  after(() => push?.close());

  /** Somebody whose browser may notify, and has a push service. */
  async function keeper(name: string, locale = 'en-GB'): Promise<Person> {
    const browser = `${name.toLowerCase()}-browser`;
    const { endpoint, keys } = push.subscribe(browser);
    const person = await Person.open(page.browser, 'about:blank', { serviceWorkers: 'allow', locale });
    page.leaveLater(person);
    const context = person.page.context();
    await context.grantPermissions(['notifications'], { origin: page.url });
    await context.addInitScript(
      (json) => {
        const KEY = 'test.subscription';
        const made = (): PushSubscription | null => {
          const key = localStorage.getItem(KEY);
          if (key === null) return null;
          const bytes = Uint8Array.from(atob(key.replace(/-/g, '+').replace(/_/g, '/')), (one) => one.charCodeAt(0));
          return {
            options: { userVisibleOnly: true, applicationServerKey: bytes.buffer },
            toJSON: () => json,
            unsubscribe: async () => {
              localStorage.removeItem(KEY);
              return true;
            },
          } as unknown as PushSubscription;
        };
        PushManager.prototype.getSubscription = async () => made();
        PushManager.prototype.subscribe = async (options) => {
          localStorage.setItem(KEY, options!.applicationServerKey as string);
          return made()!;
        };
      },
      { endpoint, keys },
    );
    await person.page.goto(page.link);
    await person.logIn(name);
    await person.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await person.page.reload();
    await person.connected();
    return person;
  }

  const devices = async (uid: string) =>
    ((await page.service.call('GET', `/users/${uid}/devices`)) as { items: Device[] }).items;

  const say = (from: string, conversation: string, text: string) =>
    page.service.call('POST', `/users/${from}/conversations/${conversation}/messages`, { fields: { text } });

  /** The browser's own hand: a page of the context that is none of the chat's. */
  async function handOf(person: Person) {
    const other = await person.page.context().newPage();
    await other.goto(`${page.url}/openapi.json`);
    const session = await other.context().newCDPSession(other);
    const registered = new Promise<string>((resolve) => {
      session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const found = registrations.find(({ scopeURL }) => scopeURL.startsWith(page.url));
        if (found) resolve(found.registrationId);
      });
    });
    await session.send('ServiceWorker.enable');
    const registrationId = await registered;
    await countTold(worker(person));
    return (payload: object) =>
      session.send('ServiceWorker.deliverPushMessage', {
        origin: page.url,
        registrationId,
        data: JSON.stringify(payload),
      });
  }

  const worker = (person: Person) => person.page.context().serviceWorkers()[0]!;

  test('who may be notified is pushed what comes while the page is closed, and gets there by a click', async () => {
    const una = await keeper('Una');
    const vic = await page.person('Vic');
    await eventually(async () => (await devices('una')).length === 1, 'a device');
    assert.equal((await devices('una'))[0]!.kind, 'web');
    const deliver = await handOf(una);
    await una.page.goto(`${page.url}/openapi.json`);
    await vic.add('una');
    await vic.say('are you there?');
    await eventually(() => push.of('una-browser').length > 0, 'a push');
    const [payload] = push.of('una-browser');
    await deliver(payload!);
    await toldOf(worker(una), 1);
    assert.deepEqual(await shown(worker(una)), [
      { title: 'Vic', body: 'New message', tag: 'user:vic', address: '/#/chat/user%3Avic' },
    ]);
    // Another one of the same chat takes its place.
    await deliver({ ...payload, unread: 3, text: 'hello?' });
    await toldOf(worker(una), 2);
    assert.deepEqual(
      (await shown(worker(una))).map(({ body }) => body),
      ['hello?\n3 unread'],
    );
    await deliver({
      ...payload,
      conversation: 'group:team',
      groupName: 'Team',
      fromName: 'Vic',
      isMention: true,
      unread: 1,
    });
    await toldOf(worker(una), 3);
    assert.equal((await shown(worker(una))).length, 2);
    const inGroup = (await shown(worker(una))).find(({ tag }) => tag === 'group:team')!;
    assert.deepEqual([inGroup.title, inGroup.body], ['Team', 'Vic: New message']);

    // A click: the handler of the worker, with what the browser would hand it.
    await una.page.goto(page.url);
    await una.connected();
    await clicked(una, 'user:vic');
    await una.page.waitForURL(/#\/chat\/user%3Avic$/);
    await una.sees('are you there?');
    assert.deepEqual(
      (await shown(worker(una))).map(({ tag }) => tag),
      ['group:team'],
    );
  });

  async function clicked(person: Person, conversation: string): Promise<void> {
    await worker(person).evaluate(async (tag) => {
      const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
      const [notification] = await registration.getNotifications({ tag });
      // Of events that the browser did not make itself nothing can be waited for.
      dispatchEvent(Object.assign(new Event('notificationclick'), { notification, waitUntil() {} }));
    }, conversation);
  }

  test('nothing is shown of a chat that somebody looks at', async () => {
    const wim = await keeper('Wim');
    await page.person('Xia');
    await wim.add('xia');
    const deliver = await handOf(wim);
    await wim.page.bringToFront();
    await wim.openChat('user:xia');
    await wim.composer.focus();
    const payload = { type: 'message.created', from: 'xia', fromName: 'Xia', id: '1-1', isMention: false, unread: 1 };
    await deliver({ ...payload, conversation: 'user:xia' });
    await deliver({ ...payload, conversation: 'user:yan' });
    await toldOf(worker(wim), 1);
    assert.deepEqual(
      (await shown(worker(wim))).map(({ tag }) => tag),
      ['user:yan'],
    );
  });

  test('it speaks the language of the page', async () => {
    const zoe = await keeper('Zoe', 'zh-CN');
    const deliver = await handOf(zoe);
    await deliver({ type: 'message.created', conversation: 'user:abe', from: 'abe', unread: 2 });
    await toldOf(worker(zoe), 1);
    assert.deepEqual(
      (await shown(worker(zoe))).map(({ title, body }) => [title, body]),
      [['abe', '新消息\n2 条未读']],
    );
  });

  test('who has a new address says so, though the page is closed; who logs out is pushed nothing more', async () => {
    const bob = await keeper('Bob');
    await eventually(async () => (await devices('bob')).length === 1, 'a device');
    const [{ device }] = (await devices('bob')) as [Device];
    await bob.page.waitForFunction(
      async () => (await caches.match('/push', { cacheName: 'redisim push' })) !== undefined,
    );
    await bob.page.goto(`${page.url}/openapi.json`);
    const { endpoint, keys } = push.subscribe('bob-anew');
    await worker(bob).evaluate(
      (json) => {
        const event = Object.assign(new Event('pushsubscriptionchange'), {
          waitUntil() {},
          newSubscription: {
            toJSON() {
              return json;
            },
          },
        });
        dispatchEvent(event);
      },
      { endpoint, keys },
    );
    await page.person('Cat');
    await eventually(async () => {
      await say('cat', 'user:bob', 'new address?');
      return push.of('bob-anew').length > 0;
    }, 'a push to the new address');
    assert.deepEqual(
      (await devices('bob')).map((one) => one.device),
      [device],
    );

    await bob.page.goto(page.url);
    await bob.connected();
    await bob.go('me');
    await bob.page.getByRole('button', { name: 'Log out', exact: true }).click();
    await bob.page.getByRole('heading', { name: 'Welcome to redisim' }).waitFor();
    await eventually(async () => (await devices('bob')).length === 0, 'no device');
    await eventually(() => bob.page.evaluate(() => localStorage.length === 0), 'nothing is left');
    assert.ok(!(await bob.page.evaluate(() => caches.has('redisim push'))));
  });
});
