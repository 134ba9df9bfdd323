import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: people', { skip }, () => {
  const page = openPage();

  test('people are found by the name that they log in with, in any case, and by their link', async () => {
    const ann = await page.person('Ann');
    await ann.page.getByText('No chats yet').waitFor();
    for (const [name, uid] of [
      ['Ünal Weiß', undefined],
      ['小明', undefined],
      ['Ben', 'ben'],
    ] as const) {
      const other = await page.person(name);
      const link = await other.link();
      await ann.add(uid === undefined ? name : name.toUpperCase());
      assert.equal(new URL(ann.page.url()).hash, `#/chat/${encodeURIComponent(`user:${uidIn(link)}`)}`, name);
      if (uid !== undefined) assert.equal(uidIn(link), uid);
    }
    const cyn = await page.person('Cyn Doe');
    await ann.add(await cyn.link());
    assert.match(ann.page.url(), /cyn-doe$/);
  });

  test('whom nobody knows, and oneself, is told in plain words', async () => {
    const ruth = await page.person('Ruth');
    await ruth.go('contacts');
    await ruth.page.getByRole('button', { name: 'Add a person' }).click();
    for (const [text, told] of [
      ['Ben Okafor', 'There’s nobody called “Ben Okafor” here'],
      ['???', 'There’s nobody called “???” here'],
      ['Ruth', 'That’s you'],
    ] as const) {
      await ruth.page.locator('dialog input').fill(text);
      await ruth.page.locator('dialog').getByRole('button', { name: 'Add', exact: true }).click();
      await ruth.page.getByRole('alert').filter({ hasText: told }).waitFor();
    }
  });

  test('a link leads to its person, also who has to log in first; a wrong one says so', async () => {
    const dora = await page.person('Dora');
    const emil = await Person.open(page.browser, page.link);
    page.leaveLater(emil);
    await emil.page.locator('form').waitFor();
    await emil.page.goto(await dora.link());
    await emil.logIn('Emil');
    await emil.page.getByRole('heading', { name: 'Profile' }).waitFor();
    await emil.page.getByText('Dora', { exact: true }).waitFor();
    await emil.page.getByRole('link', { name: 'Send a message' }).click();
    await emil.say('found you');
    await dora.go('chats');
    await dora.page.locator('a.row', { hasText: 'found you' }).waitFor();
    for (const [wrong, told] of [
      ['person/nobody', 'This person isn’t here'],
      ['person/no body', 'This person isn’t here'],
      ['person/%E0%A4%A', 'Choose a chat'],
    ] as const) {
      await emil.go(wrong);
      await emil.page.getByText(told).waitFor();
    }
    await emil.go('person/me');
    await emil.page.getByRole('heading', { name: 'Me', level: 1 }).waitFor();
  });

  test('a link that is copied lets one in by a name, and leads to its person; the secret in it is never shown', async () => {
    const olaf = await page.person('Olaf');
    await olaf.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await olaf.go('me');
    const section = olaf.page.locator('.me section', { hasText: 'Your link' });
    await section.getByRole('button', { name: 'Copy' }).click();
    await section.getByRole('button', { name: 'Copied' }).waitFor();
    const copied = await olaf.page.evaluate(() => navigator.clipboard.readText());
    assert.ok(copied.includes(page.service.demoSecret));
    assert.ok(!(await olaf.page.content()).includes(page.service.demoSecret));
    const pia = await Person.open(page.browser, copied);
    page.leaveLater(pia);
    await pia.logIn('Pia');
    await pia.page.getByRole('heading', { name: 'Profile' }).waitFor();
    await pia.page.getByText('Olaf', { exact: true }).waitFor();
    assert.equal(new URL(pia.page.url()).hash, '#/person/olaf');
    // Who is there already pastes it.
    const quinn = await page.person('Quinn');
    await quinn.add(copied);
    await quinn.page.locator('main h2', { hasText: 'Olaf' }).waitFor();
  });

  test('who was added stands among the contacts, and in the list once something is said', async () => {
    const [rita, stan] = [await page.person('Rita'), await page.person('Stan')];
    await rita.add('stan');
    await rita.page.locator('a.row', { hasText: 'Stan' }).waitFor();
    await stan.page.locator('a.row', { hasText: 'Rita added you as a contact' }).waitFor();
    await rita.go('chats');
    await rita.page.getByText('No chats yet').waitFor();
    await rita.go('contacts');
    await rita.page.locator('a.row', { hasText: 'Stan' }).waitFor();
    await stan.openChat('user:rita');
    await stan.say('thanks');
    await rita.go('chats');
    await rita.page.locator('a.row', { hasText: 'thanks' }).waitFor();
  });

  test('the page about a person: contacts, blocks, and when they were seen', async () => {
    const [fay, gus] = [await page.person('Fay'), await page.person('Gus')];
    await fay.add('gus');
    await fay.page.getByRole('link', { name: 'Profile' }).click();
    await fay.page.locator('main .head').getByText('online', { exact: true }).waitFor();
    assert.equal(await fay.page.locator('main').getByText('gus', { exact: true }).isVisible(), false);
    await fay.page.getByText('Details').click();
    await fay.page.locator('main').getByText('gus', { exact: true }).waitFor();
    const colour = () =>
      fay.page
        .locator('main .avatar')
        .first()
        .evaluate((avatar) => getComputedStyle(avatar).backgroundColor);
    const inList = fay.page.locator('a.row .avatar').first();
    assert.equal(await inList.evaluate((avatar) => getComputedStyle(avatar).backgroundColor), await colour());

    await fay.page.getByRole('button', { name: 'Remove from contacts' }).click();
    await fay.page.getByRole('button', { name: 'Add to contacts' }).click();
    await fay.page.getByRole('button', { name: 'Remove from contacts' }).waitFor();

    await fay.page.getByRole('button', { name: 'Block' }).click();
    await fay.page.locator('dialog', { hasText: 'Block Gus?' }).getByRole('button', { name: 'Block' }).click();
    await fay.page.getByText('You blocked this person').waitFor();
    await gus.openChat('user:fay');
    await gus.say('are you there?');
    await gus.page.getByRole('alert').filter({ hasText: 'You can’t reach this person' }).waitFor();

    await fay.go('me');
    await fay.page.getByText('Blocked people (1)').click();
    await fay.page.locator('.side li', { hasText: 'Gus' }).getByRole('button', { name: 'Unblock' }).click();
    await fay.page.getByText('You haven’t blocked anybody').waitFor();
    await gus.page.getByRole('button', { name: 'Try again' }).click();
    await fay.page.getByRole('link', { name: 'Chats' }).click();
    await fay.page.locator('a.row', { hasText: 'are you there?' }).waitFor();
  });

  test('only contacts may write, where one wants it so', async () => {
    const [hal, ida] = [await page.person('Hal'), await page.person('Ida')];
    await hal.go('me');
    await hal.page.getByLabel('Who can send you messages').selectOption({ label: 'Only my contacts' });
    await eventually(async () => (await policyOf('hal')) === 'contacts', 'the policy');
    await ida.openChat('user:hal');
    await ida.say('hello');
    await ida.page.getByRole('alert').filter({ hasText: 'only takes messages from their contacts' }).waitFor();
    await hal.page.reload();
    await eventually(
      async () => (await hal.page.getByLabel('Who can send you messages').inputValue()) === 'contacts',
      'kept',
    );
  });

  test('who logs out on all devices is out on each', async () => {
    const [phone, laptop] = [await page.person('Joy'), await page.person('Joy')];
    await phone.go('me');
    await phone.page.getByRole('button', { name: 'Log out on all devices' }).click();
    await phone.page.locator('dialog').getByRole('button', { name: 'Log out on all devices' }).click();
    for (const one of [phone, laptop]) await one.page.locator('form').waitFor();
    await laptop.page.getByText('Your login has ended').waitFor();
  });

  async function policyOf(uid: string): Promise<unknown> {
    return ((await page.service.call('GET', `/users/${uid}`)) as { directPolicy: string }).directPolicy;
  }
});

function uidIn(link: string): string {
  return decodeURIComponent(/#\/person\/(.+)$/.exec(link)![1]!);
}
