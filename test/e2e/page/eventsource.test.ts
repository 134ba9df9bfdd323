import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../../helpers/delivery.ts';
import { launch, Service, skip } from './browser.ts';

const document = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
const example = /```js\n([\s\S]*?new EventSource[\s\S]*?)```/.exec(document)![1]!;

/** The documents' example as it is pasted into the console of a page, over a restart of the service. */
describe('the EventSource example of the documents', { skip }, () => {
  let site: ReturnType<typeof createServer>;
  let siteOrigin: string;
  let service: Service;
  let browser: Browser;
  before(async () => {
    site = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>A site</h1>'));
    await once(site.listen(0, '127.0.0.1'), 'listening');
    siteOrigin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    service = await Service.start({ CORS_ORIGINS: siteOrigin });
    browser = await launch();
    for (const uid of ['alice', 'bob']) await service.call('PUT', `/users/${uid}`, { fields: {} });
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
    site?.close();
  });

  async function paste(page: Page, code: string): Promise<void> {
    const { token } = (await service.call('POST', '/tokens', { uid: 'bob' })) as { token: string };
    // As the console does: not as a script of the page, which its policy would not let in.
    await page.evaluate(code.replace('eyJ…', token));
  }

  test('runs in the pages of the service, and in one of another origin that CORS_ORIGINS names', async () => {
    const pages: Record<string, { page: Page; seen: string[] }> = {};
    for (const address of [`${service.url}/`, `${service.url}/docs`, `${siteOrigin}/`]) {
      const page = await browser.newPage();
      const seen: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'log') seen.push(message.text());
      });
      await page.goto(address);
      const ready = page.waitForResponse((response) => response.url().includes('/inbox/stream'));
      const isOfService = address.startsWith(service.url);
      await paste(page, isOfService ? example : example.replace('location.origin', `'${service.url}'`));
      assert.equal((await ready).status(), 200, address);
      pages[address] = { page, seen };
    }
    const say = (text: string) =>
      service.call('POST', '/users/alice/conversations/user:bob/messages', { fields: { text } });
    // A stream that starts from now on may not be there yet when its headers are.
    await eventually(async () => {
      await say('before');
      return Object.values(pages).every(({ seen }) => seen.length > 0);
    }, 'all pages have seen a message');
    await service.kill();
    await service.restart();
    const goneOn = Object.values(pages).map(({ page }) =>
      page.waitForEvent('console', {
        predicate: (message) => message.text() === 'alice {text: after}',
        timeout: 30_000,
      }),
    );
    await say('after');
    await Promise.all(goneOn);
    // Nothing twice, nothing left out: what came before the restart ends with what came after it.
    for (const [address, { seen }] of Object.entries(pages)) {
      assert.equal(seen.at(-1), 'alice {text: after}', address);
      assert.equal(seen.filter((text) => text.includes('after')).length, 1, address);
    }
  });
});
