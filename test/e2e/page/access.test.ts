import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../helpers/delivery.ts';
import { Person, Service, skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: for everybody', { skip }, () => {
  const page = openPage();

  test('everything can be done with the keyboard', async () => {
    const alice = await Person.open(page.browser, page.link);
    page.leaveLater(alice);
    await page.person('Ilse');
    await alice.page.locator('input').waitFor();
    await alice.page.keyboard.type('Jan');
    await alice.page.keyboard.press('Enter');
    await alice.connected();
    await alice.page.getByRole('button', { name: 'Add a person' }).press('Enter');
    await alice.page.keyboard.type('ilse');
    await alice.page.keyboard.press('Enter');
    await alice.composer.waitFor();
    await alice.page.keyboard.type('first');
    await alice.page.keyboard.press('Shift+Enter');
    await alice.page.keyboard.type('second');
    await alice.page.keyboard.press('Enter');
    await alice.sees('first\nsecond');
    await alice.page.keyboard.press('Escape');
    await alice.page.getByText('Choose a chat').waitFor();
    await alice.page.locator('a.row').focus();
    await alice.page.keyboard.press('Enter');
    await alice.sees('first\nsecond');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing serious on any screen, ${colorScheme}`, async () => {
      const [name, peer] = [`Mia ${colorScheme}`, `Noa ${colorScheme}`];
      const stranger = await Person.open(page.browser, page.link, { colorScheme });
      page.leaveLater(stranger);
      await stranger.page.locator('form').waitFor();
      assert.deepEqual(await stranger.barriers(), []);
      const mia = await page.person(name, { colorScheme });
      const noa = await page.person(peer, { colorScheme, viewport: { width: 390, height: 844 } });
      await mia.page.getByText('No chats yet').waitFor();
      assert.deepEqual(await mia.barriers(), [], 'empty');
      await mia.add(`noa-${colorScheme}`);
      await mia.say('hello https://example.com');
      await mia.hasSent('hello https://example.com');
      assert.deepEqual(await mia.barriers(), [], 'chat');
      await noa.page.locator('.badge').waitFor();
      assert.deepEqual(await noa.barriers(), [], 'list');
      await noa.openChat(`user:mia-${colorScheme}`);
      await noa.say('hi');
      await noa.sees('hi');
      assert.deepEqual(await noa.barriers(), [], 'chat on a phone');
      await page.service.call('PUT', `/groups/g-${colorScheme}`, {
        fields: { name: 'Group' },
        owner: `mia-${colorScheme}`,
        joinPolicy: 'approval',
      });
      await page.service.call('PUT', `/groups/g-${colorScheme}/members/noa-${colorScheme}`);
      const guest = await page.person(`Guest ${colorScheme}`, { colorScheme });
      await guest.go(`group/g-${colorScheme}`);
      await guest.page.getByRole('button', { name: 'Ask to join' }).click();
      await guest.page.getByText('Your request was sent').waitFor();
      assert.deepEqual(await guest.barriers(), [], 'asking to join');
      await mia.page.locator('.side section .badge').waitFor();
      assert.deepEqual(await mia.barriers(), [], 'a request');
      await mia.go(`group/g-${colorScheme}`);
      await mia.page.locator('main section .badge').waitFor();
      assert.deepEqual(await mia.barriers(), [], 'group');
      await mia.page.getByRole('button', { name: `Manage ${peer}` }).click();
      await mia.page.locator('dialog .choices').waitFor();
      assert.deepEqual(await mia.barriers(), [], 'a member');
      await mia.page.keyboard.press('Escape');
      await mia.page.getByRole('button', { name: 'Add people' }).click();
      await mia.page.locator('dialog p, dialog li').first().waitFor();
      assert.deepEqual(await mia.barriers(), [], 'adding people');
      await mia.page.keyboard.press('Escape');
      await mia.go(`person/noa-${colorScheme}`);
      await mia.page.getByRole('button', { name: 'Block' }).waitFor();
      assert.deepEqual(await mia.barriers(), [], 'person');
      for (const place of ['contacts', 'me']) {
        await mia.go(place);
        await mia.page.getByRole('heading', { name: place === 'me' ? 'Me' : 'Contacts', level: 1 }).waitFor();
        assert.deepEqual(await mia.barriers(), [], place);
      }
      await mia.go('contacts');
      await mia.page.getByRole('button', { name: 'New group' }).click();
      await mia.page.locator('dialog').waitFor();
      assert.deepEqual(await mia.barriers(), [], 'dialog');
      await mia.page.locator('dialog .kind').last().click();
      await mia.page.getByLabel('Who can post').waitFor();
      assert.deepEqual(await mia.barriers(), [], 'a new channel');
      await mia.page.keyboard.press('Escape');
      const channel = { fields: { name: 'News' }, owner: `mia-${colorScheme}`, kind: 'channel', postPolicy: 'admins' };
      await page.service.call('PUT', `/groups/news-${colorScheme}`, channel);
      await page.service.call('PUT', `/groups/news-${colorScheme}/members/noa-${colorScheme}`);
      await mia.openChat(`group:news-${colorScheme}`);
      await mia.say('what is new:\n- this\n- that');
      await noa.go(`chat/group%3Anews-${colorScheme}`);
      await noa.page.locator('.bubble li').last().waitFor();
      await noa.page.locator('.hindered').waitFor();
      assert.deepEqual(await noa.barriers(), [], 'a channel on a phone');
      await mia.go(`group/news-${colorScheme}`);
      await mia.page.getByRole('button', { name: 'Turn into' }).waitFor({ state: 'detached' });
      await mia.page.getByRole('button', { name: 'Manage' }).waitFor();
      assert.deepEqual(await mia.barriers(), [], 'channel');
      await mia.go('chats');
      await mia.page.locator('a.row', { hasText: 'News' }).waitFor();
      assert.deepEqual(await mia.barriers(), [], 'a channel in the list');
    });
  }

  test('on a phone a finger finds everything: nothing to tap is smaller than 40 px, and nothing to type into makes it zoom', async () => {
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
    const visitor = await Person.open(page.browser, page.link, phone);
    page.leaveLater(visitor);
    await visitor.page.locator('form').waitFor();
    assert.deepEqual(await tooSmall(visitor), [], 'login');
    const uma = await page.person('Uma', phone);
    await page.person('Vera');
    assert.deepEqual(await tooSmall(uma), [], 'empty');
    await page.service.call('PUT', '/groups/fingers', {
      fields: { name: 'Fingers' },
      owner: 'uma',
      joinPolicy: 'approval',
    });
    await page.service.call('PUT', '/groups/fingers/members/vera');
    await page.service.call('PUT', '/users/uma/contacts/vera');
    await page.person('Wim');
    await page.service.call('PUT', '/groups/fingers/bans/wim');
    const xena = await page.person('Xena');
    await xena.go('group/fingers');
    await xena.page.getByRole('button', { name: 'Ask to join' }).click();
    await uma.page.locator('.side section .badge').waitFor();
    assert.deepEqual(await tooSmall(uma), [], 'list');
    await uma.go('group/fingers');
    await uma.page.getByRole('button', { name: 'Lift ban' }).waitFor();
    await uma.page.locator('main summary').click();
    assert.deepEqual(await tooSmall(uma), [], 'group');
    await uma.page.getByRole('button', { name: 'Manage Vera' }).click();
    await uma.page.locator('dialog .choices').waitFor();
    assert.deepEqual(await tooSmall(uma), [], 'a member');
    await uma.page.keyboard.press('Escape');
    await uma.go('person/vera');
    await uma.page.getByRole('button', { name: 'Block' }).waitFor();
    assert.deepEqual(await tooSmall(uma), [], 'person');
    await uma.go('contacts');
    await uma.page.getByRole('button', { name: 'New group' }).click();
    await uma.page.locator('dialog label').nth(2).waitFor();
    assert.deepEqual(await tooSmall(uma), [], 'new group');
    await uma.page.keyboard.press('Escape');
    await uma.go('me');
    await uma.page.getByLabel('Who can send you messages').waitFor();
    for (const summary of await uma.page.locator('.me summary').all()) await summary.click();
    assert.deepEqual(await tooSmall(uma), [], 'me');
  });

  test('the first minute: two windows, a name each, and they talk; the second link is where the first one leads', async () => {
    const mara = await Person.open(page.browser, page.link, { permissions: ['clipboard-read', 'clipboard-write'] });
    page.leaveLater(mara);
    await mara.page.getByRole('button', { name: 'Copy link' }).click();
    await mara.page.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await mara.page.evaluate(() => navigator.clipboard.readText());
    const nils = await Person.open(page.browser, copied);
    page.leaveLater(nils);
    for (const [one, name] of [
      [mara, 'Mara'],
      [nils, 'Nils'],
    ] as const) {
      await one.page.getByLabel('Your name').fill(name);
      await one.page.keyboard.press('Enter');
      await one.page.getByText('No chats yet').waitFor();
    }
    await mara.page.getByRole('button', { name: 'Add a person' }).click();
    await mara.page.keyboard.type('nils');
    await mara.page.keyboard.press('Enter');
    await mara.composer.waitFor();
    await mara.page.keyboard.type('hello from the other window');
    await mara.page.keyboard.press('Enter');
    await nils.page.locator('a.row', { hasText: 'hello from the other window' }).click();
    await nils.sees('hello from the other window');
  });

  test('the link of the terminal lets one in by a name, and leaves no trace in the address', async (t) => {
    const without = await Person.open(page.browser, page.url);
    page.leaveLater(without);
    await without.page.getByText('open the link shown in the terminal').waitFor();
    assert.deepEqual(await without.barriers(), []);
    // Pasted over the address of the open page: nothing is loaded anew.
    await without.page.goto(page.link);
    await without.page.getByLabel('Your name').waitFor();
    assert.equal(without.page.url(), `${page.url}/`);
    await without.page.reload();
    await without.logIn('Lena');
    assert.ok(!(await without.page.evaluate(() => JSON.stringify(history.state))).includes(page.service.demoSecret));
    // Another name in the same tab: no need for the link.
    await without.go('me');
    await without.page.getByRole('button', { name: 'Log out', exact: true }).click();
    await without.logIn('Lars');

    const outdated = await Person.open(page.browser, `${page.url}/#demo=of-yesterday`);
    page.leaveLater(outdated);
    await outdated.page.getByLabel('Your name').fill('Mallory');
    await outdated.page.locator('form button').click();
    await outdated.page.getByText('That link is no longer valid').waitFor();
    await outdated.page.getByText('open the link shown in the terminal').waitFor();

    const open = await Service.start({ DEMO_LOGIN: 'true' });
    t.after(() => open.stop());
    const anybody = await Person.open(page.browser, open.url);
    page.leaveLater(anybody);
    await anybody.logIn('Fay');
  });

  test('where nobody signs in by name a token does it, until it expires; what was not sent waits', async (t) => {
    const closed = await Service.start({ DEMO_LOGIN: 'false' });
    t.after(() => closed.stop());
    for (const uid of ['olga', 'pit']) await closed.call('PUT', `/users/${uid}`, { fields: { name: uid } });
    await closed.call('PUT', '/users/olga/contacts/pit');
    const token = async (ttlSeconds: number) =>
      ((await closed.call('POST', '/tokens', { uid: 'olga', ttlSeconds })) as { token: string }).token;
    const olga = await Person.open(page.browser, closed.url);
    page.leaveLater(olga);
    await olga.page.getByLabel('Token').fill('no token');
    await olga.page.locator('form button').click();
    await olga.page.getByRole('alert').waitFor();
    await olga.logIn(await token(2));
    await olga.openChat('user:pit');
    await olga.say('sent');
    await olga.hasSent('sent');
    await olga.page.context().setOffline(true);
    await olga.say('waits');
    // Clocks may differ by five seconds: so much longer it is good.
    await delay(7_500);
    await olga.page.context().setOffline(false);
    await olga.page.getByText('Your login has ended').waitFor();
    await olga.logIn(await token(60));
    await olga.openChat('user:pit');
    await olga.hasSent('waits');
    assert.deepEqual(await olga.texts(), ['sent', 'waits']);
  });

  test('of who was removed nothing is kept', async () => {
    const vic = await page.person('Vic');
    await page.person('Walt');
    await vic.add('walt');
    await vic.say('soon gone');
    await vic.hasSent('soon gone');
    await page.service.call('DELETE', '/users/vic');
    await vic.page.reload();
    await vic.page.getByText('Your login has ended').waitFor();
    await eventually(async () => (await vic.page.evaluate(() => indexedDB.databases())).length === 0, 'no database');
    assert.equal(await vic.page.evaluate(() => localStorage.length), 0);
  });

  test('in Chinese, where the browser speaks it', async () => {
    const ming = await Person.open(page.browser, page.link, { locale: 'zh-CN' });
    page.leaveLater(ming);
    await ming.page.getByRole('heading', { name: '欢迎使用 redisim' }).waitFor();
    assert.equal(await ming.page.evaluate(() => document.documentElement.lang), 'zh-CN');
    await ming.logIn('小明');
    await ming.page.getByText('还没有聊天').waitFor();
  });
});

/** What in sight can be tapped and is too small for a finger, or typed into and is too small for an iPhone. */
function tooSmall(person: Person): Promise<string[]> {
  return person.page.evaluate(() => {
    const targets = [...document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, summary')];
    return targets.flatMap((target) => {
      // A box to tick is tapped with its line.
      const { width, height } = (target.closest('label:has([type=checkbox])') ?? target).getBoundingClientRect();
      const types = target.matches('input:not([type=checkbox]), select, textarea');
      const isSmall =
        Math.min(width, height) < 40 || (types && Number.parseFloat(getComputedStyle(target).fontSize) < 16);
      return target.checkVisibility({ visibilityProperty: true }) && isSmall
        ? [`${Math.round(width)} × ${Math.round(height)}: ${target.outerHTML.slice(0, 120)}`]
        : [];
    });
  });
}
