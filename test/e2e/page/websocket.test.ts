import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { eventually } from '../../helpers/delivery.ts';
import { launch, Service, skip } from './browser.ts';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
const example = /```js\n([\s\S]*?new WebSocket[\s\S]*?)```/.exec(
  readme.slice(readme.indexOf('### Over a WebSocket')),
)![1]!;

/** The README's example as it is pasted into the console of a page. */
describe('the WebSocket example of the README', { skip }, () => {
  let service: Service;
  let browser: Browser;
  before(async () => {
    service = await Service.start();
    browser = await launch();
    for (const uid of ['alice', 'bob']) await service.call('PUT', `/users/${uid}`, { fields: {} });
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  test('runs in the pages of the service: it signs in, sends, receives, and learns why it ends', async () => {
    const { token } = (await service.call('POST', '/tokens', { uid: 'bob' })) as { token: string };
    for (const path of ['/docs', '/']) {
      const page = await browser.newPage();
      const seen: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'log') seen.push(message.text());
      });
      const answer = await page.goto(`${service.url}${path}`);
      // Not built; a page that tells an error may connect nowhere.
      if (path === '/' && answer?.status() === 404) continue;
      await page.evaluate(example.replace('eyJ…', token));
      await eventually(() => seen.includes('message bob: over a socket'), 'the message').catch((error: unknown) => {
        throw new Error(`there is ${JSON.stringify(seen)}`, { cause: error });
      });
      assert.match(seen[0]!, /^ready \d+-\d+$/);
      // The answer and the event come in whichever order.
      await eventually(() => seen.some((line) => line.startsWith('201')), 'the answer');
      await page.close();
    }
    const page = await browser.newPage();
    const seen: string[] = [];
    page.on('console', (message) => seen.push(message.text()));
    await page.goto(`${service.url}/docs`);
    await page.evaluate(example.replace('eyJ…', 'garbage'));
    await eventually(() => seen.includes('closed 4401 refused'), 'the end');
  });
});
