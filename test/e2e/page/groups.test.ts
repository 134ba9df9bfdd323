import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: groups', { skip }, () => {
  const page = openPage();

  test('a group of three', async () => {
    const [ann, ben, cyn] = [await page.person('Ann'), await page.person('Ben'), await page.person('Cyn')];
    await ann.go('contacts');
    await ann.page.getByRole('button', { name: 'New group' }).click();
    await ann.page.getByLabel('Name of the group').fill('Book Club');
    await ann.page.getByRole('button', { name: 'Create' }).click();
    await ann.composer.waitFor();
    for (const one of [ben, cyn]) {
      await one.go('contacts');
      await one.page.getByRole('button', { name: 'Join a group' }).click();
      await one.page.locator('dialog input').fill('book-club');
      await one.page.getByRole('button', { name: 'Join', exact: true }).click();
      await one.composer.waitFor();
    }
    for (const one of [ann, ben, cyn]) await one.say(`from ${one === ann ? 'ann' : one === ben ? 'ben' : 'cyn'}`);
    for (const one of [ann, ben, cyn]) for (const who of ['ann', 'ben', 'cyn']) await one.sees(`from ${who}`);
    await ann.page.locator('.event', { hasText: 'Cyn joined' }).waitFor();
    await ann.page.getByRole('link', { name: 'About the group' }).click();
    await ann.page.locator('main li', { hasText: 'Ben' }).waitFor();
    assert.equal(await ann.page.locator('main li').count(), 3);
    await cyn.page.getByRole('link', { name: 'About the group' }).click();
    await cyn.page.getByRole('button', { name: 'Leave the group' }).click();
    await cyn.page.locator('dialog').getByRole('button', { name: 'Leave the group' }).click();
    await eventually(async () => (await ann.page.locator('main li').count()) === 2, 'two members');
    await eventually(async () => (await cyn.page.locator('a.row').count()) === 0, 'no chat');
    // Who comes back reads what was said meanwhile.
    await ann.openChat('group:book-club');
    await ann.say('without cyn');
    await ben.sees('without cyn');
    await page.service.call('PUT', '/groups/book-club/members/cyn');
    await cyn.openChat('group:book-club');
    await cyn.sees('without cyn');
    assert.deepEqual((await cyn.texts()).sort(), ['from ann', 'from ben', 'from cyn', 'without cyn']);
  });

  test('who asks to join is let in by the owner', async () => {
    const [owner, guest] = [await page.person('Olga'), await page.person('Gustav')];
    await page.service.call('PUT', '/groups/salon', {
      fields: { name: 'Salon' },
      owner: 'olga',
      joinPolicy: 'approval',
    });
    await guest.go('contacts');
    await guest.page.getByRole('button', { name: 'Join a group' }).click();
    await guest.page.locator('dialog input').fill('salon');
    await guest.page.getByRole('button', { name: 'Join', exact: true }).click();
    await guest.page.getByText('The owner has been asked').waitFor();
    await guest.page.getByRole('button', { name: 'Close' }).click();
    await owner.page.locator('a.row', { hasText: 'Gustav' }).getByText('asks to join').waitFor();
    await owner.go('group/salon');
    await owner.page.getByRole('button', { name: 'Let in' }).click();
    await owner.page.locator('main li', { hasText: 'Gustav' }).locator('[aria-label="Remove Gustav"]').waitFor();
    await guest.go('chats');
    await guest.page.locator('a.row[href*="group"]', { hasText: 'Salon' }).click();
    await guest.say('thank you');
    await guest.bubble('thank you').locator('[aria-label="Sent"]').waitFor();
  });
});
