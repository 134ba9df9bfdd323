import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { png, upload } from '../../helpers/files.ts';
import { Person, skip } from './browser.ts';
import { countTold, shown, toldOf } from './notifications.ts';
import { openPage } from './people.ts';

/** What stands in front of the service: from `isNewer` on its service worker is of another version. */
async function inFront(url: string) {
  const front = { isNewer: false, url: '', close: () => {} };
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/' } = incoming;
    const { 'if-none-match': _known, ...headers } = incoming.headers;
    const onward = request(new URL(path, url), { method, headers }, async (answer) => {
      if (path !== '/sw.js' || !front.isNewer) {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
        return;
      }
      const text = Buffer.concat(await answer.toArray()).toString();
      const { 'content-length': _length, etag: _etag, ...others } = answer.headers;
      outgoing.writeHead(200, others).end(text.replace(/const VERSION = '[^']+'/, "const VERSION = 'newer'"));
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  front.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  front.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return front;
}

/** The page with its service worker, in a real browser, against the service as `npm start` runs it. */
describe('the chat page: offline, installed, in the background', { skip }, () => {
  const page = openPage();
  const options = { serviceWorkers: 'allow' } as const;

  /** Somebody whose browser keeps the page. */
  async function keeper(name: string): Promise<Person> {
    const person = await page.person(name, options);
    await person.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    return person;
  }

  const keptFiles = (of: Page) =>
    of.evaluate(async () => {
      const names = await caches.keys();
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().map(({ url }) => new URL(url).pathname);
    });

  /** Nobody looks at the page, as far as it knows. */
  const setVisible = (of: Page, isVisible: boolean) =>
    of.evaluate(
      (state) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => state });
        document.dispatchEvent(new Event('visibilitychange'));
      },
      isVisible ? 'visible' : 'hidden',
    );

  test('it opens without a service, with what is kept; what is written then goes out once when it is back', async () => {
    const alma = await keeper('Alma');
    await page.person('Bert');
    await alma.add('bert');
    await alma.say('before');
    await alma.hasSent('before');
    await page.service.kill();
    await alma.page.reload();
    await alma.sees('before');
    await alma.say('without a line');
    await alma.bubble('without a line').locator('[aria-label="Waiting to be sent"]').waitFor();
    assert.doesNotMatch(await alma.page.locator('body').innerText(), /Failed to fetch/);
    await page.service.restart();
    await alma.hasSent('without a line');
    const { items } = (await page.service.call('GET', '/users/bert/conversations/user:alma/messages')) as {
      items: { action?: string; fields: { text?: string } }[];
    };
    assert.deepEqual(
      items.filter(({ action }) => !action).map(({ fields }) => fields.text),
      ['before', 'without a line'],
    );
  });

  test('of the API nothing is kept, and of the page all', async () => {
    const cora = await keeper('Cora');
    await cora.go('contacts');
    await cora.page.getByRole('heading', { name: 'Contacts', level: 1 }).waitFor();
    const files = await keptFiles(cora.page);
    assert.deepEqual(
      files.filter((path) => path !== '/' && !path.startsWith('/assets/')),
      [],
    );
    const html = await (await fetch(page.url)).text();
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)![1]!;
    assert.ok(files.includes('/') && files.includes(script), files.join());
  });

  test('it can be installed', async () => {
    const dora = await keeper('Dora');
    const session = await dora.page.context().newCDPSession(dora.page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    assert.deepEqual(
      // Profiles of tests are as private windows, where nothing can be.
      installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'),
      [],
    );
    const manifest = await session.send('Page.getAppManifest');
    assert.deepEqual(manifest.errors, []);
    const { icons } = JSON.parse(manifest.data!) as { icons: { src: string }[] };
    for (const { src } of icons) assert.equal((await fetch(new URL(src, page.url))).status, 200, src);
  });

  test('a new version takes over, and the former page still finds its parts', async (t) => {
    const front = await inFront(page.url);
    t.after(() => front.close());
    const emil = await Person.open(page.browser, `${front.url}/#demo=${page.service.demoSecret}`, options);
    page.leaveLater(emil);
    await emil.logIn('Emil');
    await emil.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    const before = await keptFiles(emil.page);
    front.isNewer = true;
    await emil.page.evaluate(async () => {
      const isTaken = new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
      await (await navigator.serviceWorker.ready).update();
      await Promise.race([isTaken, new Promise((_resolve, reject) => setTimeout(reject, 10_000, 'no new version'))]);
    });
    // It is there before it has put things in order.
    await emil.page.waitForFunction(() => navigator.serviceWorker.controller?.state === 'activated');
    const names = await emil.page.evaluate(() => caches.keys());
    assert.equal(names.at(-1), 'redisim page newer');
    assert.equal(names.length, 2);
    for (const path of before) assert.ok((await keptFiles(emil.page)).includes(path), path);
    // It is loaded anew when nobody looks, and not while something is half written.
    await page.person('Fritz');
    await emil.add('fritz');
    await emil.composer.fill('half writ');
    await emil.page.evaluate(() => {
      (globalThis as { isFormer?: boolean }).isFormer = true;
    });
    const isFormer = () => emil.page.evaluate(() => (globalThis as { isFormer?: boolean }).isFormer === true);
    await setVisible(emil.page, false);
    assert.ok(await isFormer());
    await setVisible(emil.page, true);
    await emil.composer.fill('');
    const loaded = emil.page.waitForEvent('load');
    await setVisible(emil.page, false);
    await loaded;
    assert.ok(!(await isFormer()));
    await emil.connected();
  });

  test('who wants it is notified of what comes while nobody looks, and not of what is muted or in sight', async () => {
    const gerd = await keeper('Gerd');
    await countTold(gerd.page);
    for (const name of ['Hanna', 'Ivo']) await page.person(name);
    const say = (from: string, text: string) =>
      page.service.call('POST', `/users/${from}/conversations/user:gerd/messages`, { fields: { text } });
    const ask = gerd.page.getByRole('region', { name: 'Do you want to be notified' });
    await say('hanna', 'in sight');
    await gerd.page.locator('a.row', { hasText: 'in sight' }).waitFor();
    assert.equal(await ask.count(), 0);
    await setVisible(gerd.page, false);
    await say('hanna', 'unseen');
    await ask.waitFor();
    assert.deepEqual(await gerd.barriers(), []);
    await gerd.page.context().grantPermissions(['notifications']);
    await ask.getByRole('button', { name: 'Turn on' }).click();
    await ask.waitFor({ state: 'detached' });
    await say('hanna', 'are you there?');
    await toldOf(gerd.page, 1);
    const [{ title, body }] = (await shown(gerd.page)) as [{ title: string; body: string }, ...unknown[]];
    assert.equal(title, 'Hanna');
    assert.match(body, /^are you there\?\n/);
    await say('ivo', 'first');
    await toldOf(gerd.page, 2);
    assert.equal((await shown(gerd.page)).length, 2);
    const { body: file } = await upload(page.service, 'hanna', png(2, 2), { credential: page.service.apiKey });
    await page.service.call('POST', '/users/hanna/conversations/user:gerd/messages', {
      attachments: [{ file: file.id, name: 'dots.png' }],
    });
    const bodies = async () => (await shown(gerd.page)).map((one) => one.body.split('\n')[0]).toSorted();
    await toldOf(gerd.page, 3);
    assert.deepEqual(await bodies(), ['first', '📷 Photo']);
    await page.service.call('POST', '/users/hanna/conversations/user:gerd/messages', {
      fields: { text: 'hush' },
      silent: true,
    });
    await gerd.page.locator('a.row', { hasText: 'hush' }).waitFor();
    const mutedUntil = '2100-01-01T00:00:00.000Z';
    await page.service.call('PATCH', '/users/gerd/conversations/user:ivo', { mutedUntil });
    await gerd.page.locator('a.row', { hasText: 'Ivo' }).locator('.badge.quiet').waitFor();
    await say('ivo', 'second');
    await gerd.page.locator('a.row', { hasText: 'second' }).waitFor();
    await setVisible(gerd.page, true);
    await say('hanna', 'in sight again');
    await gerd.page.locator('a.row', { hasText: 'in sight again' }).waitFor();
    assert.deepEqual(await bodies(), ['first', '📷 Photo']);
  });

  test('who does not want it is not asked again', async () => {
    const jule = await keeper('Jule');
    await page.person('Karl');
    const say = (text: string) =>
      page.service.call('POST', '/users/karl/conversations/user:jule/messages', { fields: { text } });
    await setVisible(jule.page, false);
    await say('one');
    const ask = jule.page.getByRole('region', { name: 'Do you want to be notified' });
    await ask.getByRole('button', { name: 'Not now' }).click();
    await say('two');
    await jule.page.locator('a.row', { hasText: 'two' }).waitFor();
    assert.equal(await ask.count(), 0);
  });
});
