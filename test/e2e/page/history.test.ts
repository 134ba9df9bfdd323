import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: a long history', { skip }, () => {
  const page = openPage();

  test('5,000 messages: older ones load as one scrolls, and what is in sight stays there', {
    timeout: 120_000,
  }, async () => {
    const alice = await page.person('Gail');
    await page.person('Hugo');
    const number = 5_000;
    for (let first = 1; first <= number; first += 100) {
      const messages = Array.from({ length: 100 }, (_, i) => ({
        uid: 'hugo',
        conversation: 'user:gail',
        fields: { text: `message ${first + i}` },
      }));
      await page.service.call('POST', '/messages/batch', { messages });
    }
    await alice.openChat('user:hugo');
    await alice.sees(`message ${number}`);
    // A page that was reloaded has all of it in the browser; a fresh one asks for it page by page.
    const fresh = await page.person('Gail');
    await fresh.openChat('user:hugo');
    await fresh.sees(`message ${number}`);
    for (const one of [alice, fresh]) {
      const moved = await one.page.evaluate(async (target) => {
        const scroller = document.querySelector<HTMLElement>('.scroller')!;
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        const texts = () => [...scroller.querySelectorAll<HTMLElement>('.bubble .text')];
        let worst = 0;
        const deadline = Date.now() + 60_000;
        while (texts().at(0)?.textContent !== target && Date.now() < deadline) {
          const count = texts().length;
          scroller.scrollTop = 300;
          await frame();
          // What is in sight now …
          const marked = texts().find((text) => text.getBoundingClientRect().top > 100)!;
          const at = marked.getBoundingClientRect().top;
          while (texts().length === count && texts().at(0)?.textContent !== target && Date.now() < deadline)
            await frame();
          await frame();
          // … has not moved when older ones are above it.
          worst = Math.max(worst, Math.abs(marked.getBoundingClientRect().top - at));
        }
        return { worst, texts: texts().map((text) => text.textContent) };
      }, 'message 1');
      assert.ok(moved.worst <= 2, `moved by ${moved.worst} px`);
      assert.deepEqual(
        moved.texts,
        Array.from({ length: number }, (_, i) => `message ${i + 1}`),
      );
      await one.page.getByRole('button', { name: 'To the newest' }).click();
      await one.sees(`message ${number}`);
    }
  });
});
