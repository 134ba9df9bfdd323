import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: talking', { skip }, () => {
  const page = openPage();

  test('two people chat: each sees the other at once, what is unread is counted', async () => {
    const [alice, bob] = [await page.person('Alice'), await page.person('Bob')];
    await alice.add('bob');
    await alice.say('hello, Bob');
    await bob.page.locator('.badge', { hasText: '1' }).waitFor();
    await bob.page.locator('a.row', { hasText: 'Alice' }).click();
    await bob.sees('hello, Bob');
    await bob.page.locator('.badge').waitFor({ state: 'detached' });
    await bob.say('hello, Alice');
    await alice.sees('hello, Alice');
    await alice.bubble('hello, Bob').locator('[aria-label="Sent"]').waitFor();
    // Read here is read everywhere.
    const { items } = (await page.service.call('GET', '/users/bob/conversations')) as { items: { unread: number }[] };
    assert.deepEqual(
      items.map(({ unread }) => unread),
      [0],
    );
  });

  test('a message that is refused says why, and is sent again or discarded', async () => {
    const alice = await page.person('Xena');
    await page.person('Yves');
    await alice.add('yves');
    await alice.page.route('**/messages', (route) =>
      route.fulfill({
        status: 422,
        contentType: 'application/problem+json',
        body: '{"detail":"`fields` has more than 65536 bytes.","code":"fields_too_large"}',
      }),
    );
    await alice.say('refused');
    await alice.page.getByText('That is too long.').waitFor();
    assert.equal(await alice.page.getByText('65536 bytes').count(), 0);
    await alice.page.unroute('**/messages');
    await alice.page.getByRole('button', { name: 'Try again' }).click();
    await alice.bubble('refused').locator('[aria-label="Sent"]').waitFor();
    assert.deepEqual(await alice.texts(), ['refused']);
  });

  test('HTML in a message stays text, and only web addresses become links', async () => {
    const [alice, bob] = [await page.person('Zoe'), await page.person('Abel')];
    await alice.add('abel');
    const evil = '<img src=x onerror="document.title=\'owned\'"> javascript:alert(1) <b>bold</b>';
    await alice.say(evil);
    await alice.say('see https://example.com/a?b=1.');
    await bob.openChat('user:zoe');
    await bob.sees(evil);
    assert.equal(await bob.page.locator('.bubble img, .bubble b').count(), 0);
    const link = bob.page.locator('.bubble a');
    assert.deepEqual(
      [await link.getAttribute('href'), await link.getAttribute('rel'), await link.getAttribute('target')],
      ['https://example.com/a?b=1', 'noopener noreferrer', '_blank'],
    );
    assert.notEqual(await bob.page.title(), 'owned');
  });

  test('an erased message is gone for both', async () => {
    const [alice, bob] = [await page.person('Cleo'), await page.person('Dirk')];
    await alice.add('dirk');
    await alice.say('not meant so');
    await bob.openChat('user:cleo');
    await bob.sees('not meant so');
    await alice.choose('not meant so', 'Delete for everyone');
    await alice.page.locator('dialog').getByRole('button', { name: 'Delete for everyone' }).click();
    for (const one of [alice, bob]) {
      await one.sees('Message deleted');
      assert.equal(await one.bubble('not meant so').count(), 0);
    }
  });

  test('an event of the server shows its text, or that there was one', async () => {
    const [alice, bob] = [await page.person('Oda'), await page.person('Otto')];
    await alice.add('otto');
    for (const fields of [{ type: 'call', text: 'Oda called' }, { type: 'x' }]) {
      await page.service.call('POST', '/users/oda/conversations/user:otto/events', { fields });
    }
    await bob.openChat('user:oda');
    await bob.page.locator('.event', { hasText: 'Oda called' }).waitFor();
    await bob.page.locator('.event', { hasText: 'Something happened here' }).waitFor();
    await alice.page.locator('.event', { hasText: 'Oda called' }).waitFor();
  });

  test('a message that is edited elsewhere shows its newest text, also after a reload', async () => {
    const [alice, bob] = [await page.person('Edda'), await page.person('Finn')];
    await alice.add('finn');
    await alice.say('helo');
    await bob.openChat('user:edda');
    await bob.sees('helo');
    const messages = '/users/edda/conversations/user:finn/messages';
    const { items } = (await page.service.call('GET', messages)) as { items: { id: string }[] };
    const { id } = items.at(-1)!;
    await page.service.call('PATCH', `${messages}/${id}`, { fields: { text: 'hello there' } });
    await page.service.call('PUT', `/users/finn/conversations/user:edda/messages/${id}/reactions/%F0%9F%91%8D`);
    for (const one of [alice, bob]) {
      await one.sees('hello there');
      await one.page.reload();
      await one.sees('hello there');
      assert.equal(await one.bubble('helo').count(), 0);
      assert.equal(await one.page.locator('p.event', { hasText: /edit|react/ }).count(), 0);
    }
  });

  test('a draft is kept for each chat; who logs out leaves nothing behind', async () => {
    const alice = await page.person('Kira');
    await page.person('Lars');
    await alice.add('lars');
    await alice.composer.fill('not yet sent');
    await alice.go('chats');
    await alice.page.locator('a.row', { hasText: 'not yet sent' }).click();
    await eventually(async () => (await alice.composer.inputValue()) === 'not yet sent', 'the draft');
    await alice.go('me');
    await alice.page.getByRole('button', { name: 'Log out', exact: true }).click();
    await alice.page.getByRole('heading', { name: 'Welcome to redisim' }).waitFor();
    await eventually(async () => (await alice.page.evaluate(() => indexedDB.databases())).length === 0, 'no database');
    assert.equal(await alice.page.evaluate(() => localStorage.length), 0);
  });
});
