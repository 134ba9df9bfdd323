import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { type Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: groups', { skip }, () => {
  const page = openPage();
  const call = (method: string, path: string, body?: object) => page.service.call(method, path, body);
  const groupOf = async (gid: string) => (await call('GET', `/groups/${gid}`)) as Record<string, unknown>;
  const memberOf = async (gid: string, uid: string) =>
    (await call('GET', `/groups/${gid}/members/${uid}`)) as { role: string; silencedUntil?: string };

  /** A group of an owner, an admin and a member, who are named so. */
  async function hiking(gid: string): Promise<[owner: Person, admin: Person, member: Person]> {
    const [owner, admin, member] = [`owner-${gid}`, `admin-${gid}`, `member-${gid}`];
    const people: [Person, Person, Person] = [
      await page.person(owner),
      await page.person(admin),
      await page.person(member),
    ];
    await call('PUT', `/groups/${gid}`, { fields: { name: 'Hiking' }, owner });
    await call('PUT', `/groups/${gid}/members`, { uids: [admin, member] });
    await call('PATCH', `/groups/${gid}/members/${admin}`, { role: 'admin' });
    for (const one of people) {
      await one.go(`group/${gid}`);
      await one.page.getByText('3 members').waitFor();
    }
    return people;
  }

  /** Opens what can be done with a member. */
  async function manage(person: Person, who: string): Promise<void> {
    await person.page.getByRole('button', { name: `Manage ${who}` }).click();
  }

  async function choose(person: Person, name: string): Promise<void> {
    await person.page.locator('dialog').getByRole('button', { name, exact: true }).click();
  }

  test('a group of three: one is picked, one comes by the invite link', async () => {
    const [ann, ben, cyn] = [await page.person('Ann'), await page.person('Ben'), await page.person('Cyn')];
    await ann.add('ben');
    await ann.page.getByRole('link', { name: 'Chats' }).click();
    await ann.page.getByRole('button', { name: 'New chat or group' }).click();
    await choose(ann, 'New group or channel');
    await ann.page.getByLabel('Group name').fill('Book Club');
    assert.equal(await ann.page.getByLabel('Group ID').isVisible(), false);
    await ann.page.locator('dialog label', { hasText: 'Ben' }).click();
    await ann.page.getByText('1 person selected').waitFor();
    await choose(ann, 'Create');
    await ann.composer.waitFor();
    await ben.page.locator('a.row', { hasText: 'Book Club' }).click();

    await ann.page.getByRole('link', { name: 'Group info' }).click();
    await ann.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ann.page.getByRole('button', { name: 'Copy invite link' }).click();
    await ann.page.getByRole('button', { name: 'Copied' }).waitFor();
    const link = await ann.page.evaluate(() => navigator.clipboard.readText());
    await cyn.go('contacts');
    await cyn.page.getByRole('button', { name: 'Join a group' }).click();
    await cyn.page.locator('dialog input').fill('no such group');
    await choose(cyn, 'Join');
    await cyn.page.getByRole('alert').filter({ hasText: 'There is no such group' }).waitFor();
    await cyn.page.locator('dialog input').fill(link);
    await choose(cyn, 'Join');
    await cyn.composer.waitFor();

    await ann.openChat('group:book-club');
    for (const one of [ann, ben, cyn]) await one.say(`from ${one === ann ? 'ann' : one === ben ? 'ben' : 'cyn'}`);
    for (const one of [ann, ben, cyn]) for (const who of ['ann', 'ben', 'cyn']) await one.sees(`from ${who}`);
    await ann.page.getByRole('link', { name: 'Group info' }).click();
    await ann.page.getByText('3 members').waitFor();
    await eventually(async () => (await ann.page.locator('main li').count()) === 3, 'three members');
    await cyn.page.getByRole('link', { name: 'Group info' }).click();
    await cyn.page.getByRole('button', { name: 'Leave group' }).click();
    await choose(cyn, 'Leave group');
    await eventually(async () => (await ann.page.locator('main li').count()) === 2, 'two members');
    await eventually(async () => (await cyn.page.locator('a.row').count()) === 0, 'no chat');
    // Who comes back reads what was said meanwhile.
    await ann.openChat('group:book-club');
    await ann.say('without cyn');
    await ben.sees('without cyn');
    await call('PUT', '/groups/book-club/members/cyn');
    await cyn.openChat('group:book-club');
    await cyn.sees('without cyn');
    assert.deepEqual((await cyn.texts()).sort(), ['from ann', 'from ben', 'from cyn', 'without cyn']);
  });

  test('nobody has to invent an id: a name that is taken, or is in no Latin letters, does as well', async () => {
    const kim = await page.person('Kim');
    const gids = new Set<string>();
    for (const name of ['Chess', 'Chess', '象棋', '象棋', 'Ünited']) {
      await kim.go('contacts');
      await kim.page.getByRole('button', { name: 'New group' }).click();
      await kim.page.getByLabel('Group name').fill(name);
      await choose(kim, 'Create');
      await kim.page.locator('main h2', { hasText: name }).waitFor();
      gids.add(decodeURIComponent(new URL(kim.page.url()).hash));
    }
    assert.equal(gids.size, 5);
    assert.ok(gids.has('#/chat/group:united'), [...gids].join());
    await kim.go('contacts');
    await kim.page.getByRole('button', { name: 'New group' }).click();
    await kim.page.getByLabel('Group name').fill('Mine');
    await kim.page.locator('dialog').getByText('Details').click();
    assert.equal(await kim.page.getByLabel('Group ID').inputValue(), 'mine');
    await kim.page.getByLabel('Group ID').fill('chess');
    await choose(kim, 'Create');
    await kim.page.getByRole('alert').filter({ hasText: 'The ID “chess” is taken' }).waitFor();
  });

  test('who asks to join is a row with buttons above the chats of the owner', async () => {
    const [owner, guest, other] = [await page.person('Olga'), await page.person('Gustav'), await page.person('Hans')];
    await call('PUT', '/groups/salon', { fields: { name: 'Salon' }, owner: 'olga', joinPolicy: 'approval' });
    for (const one of [guest, other]) {
      await one.go('group/salon');
      await one.page.getByRole('button', { name: 'Ask to join' }).click();
      await one.page.getByText('Your request was sent').waitFor();
    }
    const requests = owner.page.locator('.side section', { hasText: 'Requests to join' });
    await requests.locator('.badge', { hasText: '2' }).waitFor();
    const row = requests.locator('li', { hasText: 'Gustav' });
    await row.getByText('wants to join Salon').waitFor();
    await row.getByRole('button', { name: 'Approve' }).click();
    await requests.locator('.badge', { hasText: '1' }).waitFor();
    await owner.go('group/salon');
    await owner.page
      .locator('main section', { hasText: 'Requests to join' })
      .getByRole('button', { name: 'Decline' })
      .click();
    await requests.waitFor({ state: 'detached' });
    await eventually(async () => (await owner.page.locator('main li').count()) === 2, 'two members');
    await guest.go('chats');
    await guest.page.locator('a.row[href*="group"]', { hasText: 'Salon' }).click();
    await guest.say('thank you');
    await guest.hasSent('thank you');
  });

  test('admins find requests above their chats, too; of a group that is open its page tells of them alone', async () => {
    const [admin, member] = [await page.person('Ada'), await page.person('Max')];
    await page.person('Oskar');
    await call('PUT', '/groups/guild', { fields: { name: 'Guild' }, owner: 'oskar', joinPolicy: 'approval' });
    await call('PUT', '/groups/guild/members', { uids: ['ada', 'max'] });
    const side = (person: Person) => person.page.locator('.side section', { hasText: 'Requests to join' });
    const guest = await page.person('Gerd');
    await guest.go('group/guild');
    await guest.page.getByRole('button', { name: 'Ask to join' }).click();
    await guest.page.getByText('Your request was sent').waitFor();
    await call('PATCH', '/groups/guild/members/ada', { role: 'admin' });
    await side(admin).locator('li', { hasText: 'Gerd' }).getByText('wants to join Guild').waitFor();
    await member.page.locator('a.row', { hasText: 'Ada is now an admin' }).waitFor();
    assert.equal(await side(member).count(), 0);
    await admin.go('group/guild');
    const onPage = admin.page.locator('main section', { hasText: 'Requests to join' });
    await onPage.waitFor();
    await side(admin).waitFor({ state: 'detached' });
    await admin.go('chats');
    await side(admin).getByRole('button', { name: 'Approve' }).click();
    await side(admin).waitFor({ state: 'detached' });
    await guest.page.locator('a.row[href*="group"]', { hasText: 'Guild' }).waitFor();
  });

  test('everybody is shown what they may do, and no more', async () => {
    const [owner, admin, member] = await hiking('roles');
    await call('PUT', '/users/deputy', { fields: { name: 'deputy' } });
    await call('PUT', '/groups/roles/members/deputy');
    await call('PATCH', '/groups/roles/members/deputy', { role: 'admin' });
    for (const one of [owner, admin, member]) {
      await one.page.locator('main li', { hasText: 'deputy' }).getByText('Admin').waitFor();
    }
    const buttons = (person: Person) =>
      person.page
        .locator('main button:visible')
        .evaluateAll((all) =>
          all.map((one) => one.getAttribute('aria-label') ?? (one as HTMLElement).innerText.trim()),
        );
    assert.deepEqual(await buttons(owner), [
      'Edit group',
      'Add people',
      'Copy invite link',
      'Manage admin-roles',
      'Manage deputy',
      'Manage member-roles',
      'Turn into a channel',
      'Delete group',
    ]);
    assert.equal(await owner.page.locator('main select').count(), 3);
    assert.deepEqual(await buttons(admin), [
      'Edit group',
      'Add people',
      'Copy invite link',
      'Manage member-roles',
      'Leave group',
    ]);
    assert.equal(await admin.page.locator('main select').count(), 0);
    assert.deepEqual(await buttons(member), ['Copy invite link', 'Leave group']);
    const choices = async (person: Person, who: string) => {
      await manage(person, who);
      const texts = await person.page.locator('dialog .choices button').allInnerTexts();
      await person.page.keyboard.press('Escape');
      return texts;
    };
    const pauses = ['1 hour', '8 hours', '1 day', '7 days'];
    assert.deepEqual(await choices(admin, 'member-roles'), [...pauses, 'Remove from group', 'Ban']);
    assert.deepEqual(await choices(owner, 'member-roles'), [
      'Make admin',
      'Make owner',
      ...pauses,
      'Remove from group',
      'Ban',
    ]);
    assert.deepEqual(await choices(owner, 'admin-roles'), [
      'Remove as admin',
      'Make owner',
      ...pauses,
      'Remove from group',
      'Ban',
    ]);
  });

  test('admins are made, members silenced, removed and banned; what can’t be undone asks first', async () => {
    const [owner, , member] = await hiking('peaks');
    const [name, uid] = ['member-peaks', 'member-peaks'];
    await manage(owner, name);
    await choose(owner, 'Make admin');
    await eventually(async () => (await memberOf('peaks', uid)).role === 'admin', 'an admin');
    await member.page.getByRole('button', { name: 'Add people' }).waitFor();
    await manage(owner, name);
    await choose(owner, 'Remove as admin');
    await eventually(async () => (await memberOf('peaks', uid)).role === 'member', 'a member');

    await manage(owner, name);
    await choose(owner, '1 hour');
    const line = owner.page.locator('main li', { hasText: name });
    await line.getByText('Can’t post until').waitFor();
    const minutes = (Date.parse((await memberOf('peaks', uid)).silencedUntil!) - Date.now()) / 60_000;
    assert.ok(minutes > 55 && minutes <= 60, `${minutes} minutes`);
    await manage(owner, name);
    await choose(owner, 'Let them post again');
    await line.getByText('Can’t post until').waitFor({ state: 'detached' });

    await manage(owner, name);
    await choose(owner, 'Remove from group');
    await choose(owner, 'Cancel');
    await memberOf('peaks', uid);
    await manage(owner, name);
    await choose(owner, 'Remove from group');
    await choose(owner, 'Remove from group');
    await line.waitFor({ state: 'detached' });
    await owner.page.getByText('2 members').waitFor();

    await call('PUT', `/groups/peaks/members/${uid}`);
    await line.waitFor();
    await manage(owner, name);
    await choose(owner, 'Ban');
    await choose(owner, 'Ban');
    const banned = owner.page.locator('main section', { hasText: 'Banned' });
    await banned.getByText(name).waitFor();
    await member.go('group/peaks');
    await member.page.getByRole('button', { name: 'Join' }).click();
    await member.page.getByRole('alert').filter({ hasText: 'banned from this group' }).waitFor();
    await banned.getByRole('button', { name: 'Lift ban' }).click();
    await banned.waitFor({ state: 'detached' });
    await member.page.getByRole('button', { name: 'Join' }).click();
    await member.composer.waitFor();
  });

  test('people are added with a picker, also to a group that nobody joins by themselves', async () => {
    const [uma, vic] = [await page.person('Uma'), await page.person('Vic')];
    await call('PUT', '/groups/club', { fields: { name: 'Club' }, owner: 'uma', joinPolicy: 'closed' });
    await vic.go('group/club');
    await vic.page.getByText('Only admins can add people to this group').waitFor();
    for (let i = 0; i < 6; i++) {
      await call('PUT', `/users/friend-${i}`, { fields: { name: `Friend ${i}` } });
      await call('PUT', `/users/uma/contacts/friend-${i}`);
    }
    await uma.add('vic');
    await uma.go('group/club');
    await uma.page.getByRole('button', { name: 'Add people' }).click();
    await uma.page.locator('dialog').getByLabel('Search').fill('nobody');
    await uma.page.getByText('Nobody by that name').waitFor();
    await uma.page.locator('dialog').getByLabel('Search').fill('vi');
    await uma.page.locator('dialog label', { hasText: 'Vic' }).click();
    await uma.page.locator('dialog').getByLabel('Search').fill('friend 3');
    await uma.page.locator('dialog label', { hasText: 'Friend 3' }).click();
    await uma.page.getByText('2 people selected').waitFor();
    await choose(uma, 'Add');
    await uma.page.getByText('3 members').waitFor();
    await vic.page.getByRole('button', { name: 'Leave group' }).waitFor();
    // Somebody who was banned can't be added: that is told, with the name.
    await call('PUT', '/groups/club/bans/friend-5');
    await uma.page.getByRole('button', { name: 'Add people' }).click();
    await uma.page.locator('dialog label', { hasText: 'Friend 5' }).click();
    await choose(uma, 'Add');
    await uma.page.getByRole('alert').filter({ hasText: 'Couldn’t be added: Friend 5' }).waitFor();
  });

  test('the owner sets who joins, posts and reads, renames the group, and hands it over', async () => {
    const [owner, admin] = await hiking('trip');
    await owner.page.getByLabel('Who can join').selectOption({ label: 'Everyone, after approval' });
    await owner.page.getByLabel('Who can post').selectOption({ label: 'Only admins' });
    await owner.page.getByLabel('New members see').selectOption({ label: 'Only messages since they joined' });
    await eventually(async () => {
      const { joinPolicy, postPolicy, historyPolicy } = await groupOf('trip');
      return `${joinPolicy} ${postPolicy} ${historyPolicy}` === 'approval admins joined';
    }, 'the policies');

    await owner.page.getByRole('button', { name: 'Edit group' }).click();
    await owner.page.getByLabel('Group name').fill('Walking');
    await choose(owner, 'Save');
    await owner.page.locator('main strong', { hasText: 'Walking' }).waitFor();

    await manage(owner, 'admin-trip');
    await choose(owner, 'Make owner');
    await choose(owner, 'Make owner');
    await owner.page.getByRole('button', { name: 'Leave group' }).waitFor();
    assert.equal(await owner.page.locator('main select').count(), 0);
    await admin.page.getByLabel('Who can join').waitFor();
    assert.equal((await groupOf('trip')).owner, 'admin-trip');
  });

  test('of a group that is deleted, or never was, the page says so, in words for people', async () => {
    const [owner, , member] = await hiking('gone');
    await owner.page.getByRole('button', { name: 'Delete group' }).click();
    await choose(owner, 'Cancel');
    await owner.page.getByRole('button', { name: 'Delete group' }).click();
    await choose(owner, 'Delete group');
    await owner.page.getByText('Choose a chat').waitFor();
    await member.page.getByText('This group no longer exists').waitFor();
    assert.equal(await member.page.locator('main button').count(), 0);
    await member.page.getByRole('link', { name: 'Back to chats' }).click();
    await member.go('group/no such');
    await member.page.getByText('This group no longer exists').waitFor();
    assert.doesNotMatch(await member.page.locator('body').innerText(), /must match|There is no group/);
  });
});
