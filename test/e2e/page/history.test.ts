import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { type Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: a long history', { skip }, () => {
  const page = openPage();

  async function write(from: string, to: string, number: number, first = 1): Promise<void> {
    for (let next = first; next < first + number; next += 100) {
      const messages = Array.from({ length: Math.min(100, first + number - next) }, (_, i) => ({
        uid: from,
        conversation: `user:${to}`,
        fields: { text: `message ${next + i}` },
      }));
      await page.service.call('POST', '/messages/batch', { messages });
    }
  }

  async function unread(uid: string): Promise<number> {
    const { items } = (await page.service.call('GET', `/users/${uid}/conversations`)) as {
      items: { unread: number }[];
    };
    return items[0]!.unread;
  }

  /** Scrolls up to a message. @returns how far what was in sight has moved at most, px; how many texts were in the page at most; the texts seen */
  function scrollUpTo(one: Person, target: string) {
    return one.page.evaluate(async (last) => {
      const scroller = document.querySelector<HTMLElement>('.scroller')!;
      const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
      const texts = () => [...scroller.querySelectorAll<HTMLElement>('.bubble .text')];
      const seen = new Set<string>();
      let [worst, most] = [0, 0];
      const deadline = Date.now() + 90_000;
      while (!seen.has(last) && Date.now() < deadline) {
        scroller.scrollTop -= 300;
        const edge = scroller.getBoundingClientRect().top;
        const marked = texts().find((text) => text.getBoundingClientRect().top > edge + 100);
        const at = marked?.getBoundingClientRect().top ?? 0;
        await frame();
        // What was in sight has not moved when older ones came above it.
        if (marked?.isConnected) worst = Math.max(worst, Math.abs(marked.getBoundingClientRect().top - at));
        const shown = texts();
        most = Math.max(most, shown.length);
        for (const text of shown) seen.add(text.textContent!);
      }
      return { worst, most, texts: [...seen] };
    }, target);
  }

  test('5,000 messages: others come as one scrolls, what is in sight stays there, and few are in the page', {
    timeout: 240_000,
  }, async () => {
    const number = 5_000;
    await page.service.call('PUT', '/users/hugo', { fields: { name: 'Hugo' } });
    await page.service.call('PUT', '/users/gail', { fields: { name: 'Gail' } });
    await write('hugo', 'gail', number);
    await page.service.call('POST', '/users/gail/conversations/user:hugo/messages', { fields: { text: 'the end' } });
    const { items } = (await page.service.call('GET', '/users/gail/conversations')) as {
      items: { last: { id: string } }[];
    };
    await page.service.call('PUT', '/users/gail/conversations/user:hugo/read', { upTo: items[0]!.last.id });
    const gail = await page.person('Gail');
    await gail.openChat('user:hugo');
    await gail.sees('the end');
    const moved = await scrollUpTo(gail, 'message 1');
    assert.ok(moved.worst <= 2, `moved by ${moved.worst} px`);
    assert.ok(moved.most <= 320, `${moved.most} messages in the page`);
    assert.deepEqual(
      new Set(moved.texts),
      new Set([...Array.from({ length: number }, (_, i) => `message ${i + 1}`), 'the end']),
    );
    // A message that comes while one reads at the top takes nothing from view.
    await write('hugo', 'gail', 1, number + 1);
    await gail.page.getByRole('button', { name: '1 new message' }).waitFor();
    await gail.bubble('message 1').waitFor();
    await gail.page.getByRole('button', { name: '1 new message' }).click();
    await gail.sees(`message ${number + 1}`);
    await eventually(async () => (await unread('gail')) === 0, 'all read');
    // Once more, from what the browser keeps: the work for a frame (8 ms on a quiet machine) stays within two of a screen, also on two busy cores.
    const devtools = await gail.page.context().newCDPSession(gail.page);
    // Of this thread alone: others may be busy.
    await devtools.send('Performance.setTimeDomain', { timeDomain: 'threadTicks' });
    await devtools.send('Performance.enable');
    const busy = async () =>
      (await devtools.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000;
    const before = await busy();
    const frames = 400;
    await gail.page.evaluate(async (count) => {
      const scroller = document.querySelector<HTMLElement>('.scroller')!;
      for (let n = 0; n < count; n++) {
        scroller.scrollTop -= 100;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
    }, frames);
    const each = ((await busy()) - before) / frames;
    assert.ok((await gail.page.locator('.bubble .text').first().textContent())! < 'message 4400', 'it has scrolled');
    assert.ok(each < 33, `a frame takes ${each.toFixed(1)} ms of work`);
  });

  test('600 unread: it opens at the first of them, and what was seen is read', async () => {
    await page.service.call('PUT', '/users/ivo', { fields: { name: 'Ivo' } });
    await page.service.call('PUT', '/users/jana', { fields: { name: 'Jana' } });
    await write('ivo', 'jana', 3);
    const jana = await page.person('Jana');
    await jana.openChat('user:ivo');
    await jana.sees('message 3');
    await eventually(async () => (await unread('jana')) === 0, 'all read');
    await jana.go('chats');
    await write('ivo', 'jana', 600, 4);
    await jana.page.locator('.badge', { hasText: '99+' }).waitFor();
    for (const isFresh of [false, true]) {
      const one = isFresh ? await page.person('Jana') : jana;
      await one.openChat('user:ivo');
      const line = one.page.locator('.unread');
      await line.waitFor();
      const below = one.page.locator('.unread + h3 + .message .text, .unread + .message .text');
      if (!isFresh) assert.equal(await below.textContent(), 'message 4');
      assert.ok(
        await one.page
          .locator('.bubble')
          .filter({ hasText: /^\s*message 603/ })
          .count()
          .then((n) => n === 0),
      );
      const place = await line.evaluate((node) => node.getBoundingClientRect().top);
      assert.ok(place > 0 && place < 400, `the line is at ${place} px`);
      await eventually(async () => {
        const left = await unread('jana');
        return left < 600 && left > 500;
      }, 'only what was seen is read');
      if (!isFresh) await one.go('chats');
    }
    const [one] = [jana];
    await one.openChat('user:ivo');
    await one.page.getByRole('button', { name: 'new messages' }).click();
    await one.sees('message 603');
    await eventually(async () => (await unread('jana')) === 0, 'all read');
  });
});
