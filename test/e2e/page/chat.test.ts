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
    await alice.hasSent('hello, Bob');
    // Read here is read everywhere.
    const { items } = (await page.service.call('GET', '/users/bob/conversations')) as { items: { unread: number }[] };
    assert.deepEqual(
      items.map(({ unread }) => unread),
      [0],
    );
  });

  test('each sees that the other is there, types, and has read', async () => {
    const [gina, hugo] = [await page.person('Gina'), await page.person('Hugo')];
    await gina.add('hugo');
    await gina.say('are you there?');
    const row = gina.page.locator('[data-conversation="user:hugo"]');
    const header = gina.page.locator('main header');
    await header.getByText('online', { exact: true }).waitFor();
    await row.locator('.online').waitFor();
    const mine = gina.bubble('are you there?');
    await mine.locator('[aria-label="Sent"]').waitFor();
    await hugo.openChat('user:gina');
    await mine.locator('[aria-label="Read"]').waitFor();
    await hugo.page.getByRole('textbox', { name: 'Write a message' }).pressSequentially('I am');
    await header.getByText('typing …').waitFor();
    await row.getByText('typing …').waitFor();
    await hugo.say('I am');
    await gina.sees('I am');
    await row.getByText('typing …').waitFor({ state: 'detached' });
    // A reaction is a signal, and no entry here.
    await hugo.bubble('are you there?').hover();
    await hugo.page.getByRole('button', { name: 'Message options' }).click();
    await hugo.page.getByRole('group', { name: 'React' }).getByRole('button', { name: '👍' }).click();
    await gina.page.locator('.reaction', { hasText: '👍' }).waitFor();
    await hugo.page.context().close();
    await header.getByText(/^last seen /).waitFor({ timeout: 40_000 });
    assert.equal(await row.locator('.online').count(), 0);
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
    await alice.hasSent('refused');
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

  test('chats are pinned, muted, archived, marked and hidden from their menu', async () => {
    const ola = await page.person('Ola');
    for (const uid of ['pim', 'quo']) {
      await page.service.call('PUT', `/users/${uid}`, { fields: { name: uid } });
      await page.service.call('POST', `/users/${uid}/conversations/user:ola/messages`, {
        fields: { text: `by ${uid}` },
      });
    }
    const row = (name: string) => ola.page.locator('a.row', { hasText: name });
    const menu = async (name: string, item: string) => {
      await row(name).click({ button: 'right' });
      await ola.page.getByRole('menuitem', { name: item, exact: true }).click();
    };
    const order = () => ola.page.locator('a.row strong').allTextContents();
    const summary = async (peer: string) =>
      (await page.service.call('GET', `/users/ola/conversations/user:${peer}`)) as Record<string, unknown>;
    await eventually(async () => (await order()).join() === 'quo,pim', 'the newest first');
    assert.equal(await ola.page.title(), '(2) redisim');
    await menu('pim', 'Pin');
    await eventually(async () => (await order()).join() === 'pim,quo', 'the pinned one first');
    await menu('quo', 'Mute');
    await row('quo').getByRole('img', { name: 'Muted' }).waitFor();
    assert.equal(await ola.page.title(), '(1) redisim');
    await menu('pim', 'Mark as read');
    await eventually(async () => (await ola.page.title()) === 'redisim', 'nothing to hear of');
    await menu('pim', 'Mark as unread');
    await row('pim').getByRole('img', { name: 'Marked as unread' }).waitFor();
    await eventually(async () => (await summary('pim')).markedUnread === true, 'kept by the service');
    assert.equal((await summary('pim')).pinned, true);
    await menu('quo', 'Archive');
    await row('quo').waitFor({ state: 'detached' });
    await ola.page.getByRole('button', { name: 'Archived (1)' }).click();
    await row('quo').waitFor();
    await menu('quo', 'Delete chat for me');
    await ola.page.locator('dialog').getByRole('button', { name: 'Delete chat for me' }).click();
    await row('quo').waitFor({ state: 'detached' });
    await ola.page.reload();
    await row('pim').waitFor();
    assert.deepEqual(await order(), ['pim']);
  });

  test('a menu that is opened while another chat is being changed stays open', async () => {
    const ola = await page.person('Olga');
    for (const uid of ['pia', 'quin']) {
      await page.service.call('PUT', `/users/${uid}`, { fields: { name: uid } });
      await page.service.call('POST', `/users/${uid}/conversations/user:olga/messages`, { fields: { text: 'hi' } });
    }
    const row = (name: string) => ola.page.locator('a.row', { hasText: name });
    let answer = () => {};
    await ola.page.route('**/conversations/user%3Apia', async (route) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      await route.continue();
    });
    await row('pia').click({ button: 'right' });
    await ola.page.getByRole('menuitem', { name: 'Pin', exact: true }).click();
    await row('quin').click({ button: 'right' });
    const mute = ola.page.getByRole('menuitem', { name: 'Mute', exact: true });
    await mute.waitFor();
    const answered = ola.page.waitForResponse(/conversations\/user%3Apia/);
    answer();
    await answered;
    await row('pia').getByRole('img', { name: 'Pinned' }).waitFor();
    await ola.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    assert.ok(await mute.isVisible());
  });

  test('the search finds people and messages, and leads to a message however far up it is', async () => {
    const rex = await page.person('Rex');
    await page.service.call('PUT', '/users/sia', { fields: { name: 'Sia Lund' } });
    await rex.go('chats');
    for (let n = 0; n < 3; n++) {
      await page.service.call('POST', '/messages/batch', {
        messages: Array.from({ length: 100 }, (_, i) => ({
          uid: 'sia',
          conversation: 'user:rex',
          fields: { text: n === 0 && i === 3 ? 'the Needle' : `hay ${n * 100 + i}` },
        })),
      });
    }
    await rex.page.locator('.badge', { hasText: '99+' }).waitFor();
    await rex.openChat('user:sia');
    await rex.page.getByRole('button', { name: 'new messages' }).click();
    await rex.sees('hay 299');
    const field = rex.page.getByRole('searchbox', { name: 'Search' });
    await field.fill('lund');
    await rex.page.getByRole('heading', { name: 'Chats and people' }).waitFor();
    await rex.page.locator('a.row', { hasText: 'Sia Lund' }).first().waitFor();
    await field.fill('needle');
    await rex.page.locator('a.row', { hasText: 'the Needle' }).click();
    await rex.page.locator('.message.marked', { hasText: 'the Needle' }).waitFor();
    await field.fill('nowhere at all');
    await rex.page.getByText('Nothing found for “nowhere at all”').waitFor();
    await field.press('Escape');
    await rex.page.locator('a.row', { hasText: 'hay 299' }).waitFor();
  });

  test('a lost connection is told on a phone in an open chat, too; a good one is not', async () => {
    const tim = await page.person('Tim', { viewport: { width: 390, height: 844 } });
    await page.person('Una');
    await tim.add('una');
    // Her name is read after the chat is open.
    await tim.page.locator('main').getByText('Una', { exact: true }).first().waitFor();
    assert.equal(await tim.page.getByText('Connected').count(), 0);
    assert.equal(await tim.page.locator('main').getByText('una', { exact: true }).count(), 0, 'no raw id');
    await tim.page.context().setOffline(true);
    await tim.page.getByRole('status').filter({ hasText: 'Offline' }).waitFor();
    const box = (await tim.page.locator('.connection').boundingBox())!;
    assert.ok(box.y >= 0 && box.y < 100 && box.x >= 0 && box.x + box.width <= 390, JSON.stringify(box));
    await tim.page.context().setOffline(false);
    await tim.page.locator('.connection.offline').waitFor({ state: 'detached' });
  });
});
