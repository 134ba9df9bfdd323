import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { type Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** Who may write no more, and why, in a real browser, against the service as `npm start` runs it. */
describe('the chat page: who may not write', { skip }, () => {
  const page = openPage();

  async function group(gid: string, owner: string, members: string[]): Promise<void> {
    await page.service.call('PUT', `/groups/${gid}`, { fields: { name: gid }, owner });
    for (const uid of members) await page.service.call('PUT', `/groups/${gid}/members/${uid}`);
  }

  /** As a person does it, so that what is told says who. */
  async function as(person: Person, method: string, path: string, body?: object): Promise<void> {
    const status = await person.page.evaluate(
      async ([how, where, what]) => {
        const { token } = JSON.parse(localStorage.getItem('redisim.session')!) as { token: string };
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        return (await fetch(`/v1${where}`, { method: how!, headers, ...(what ? { body: what } : {}) })).status;
      },
      [method, path, body ? JSON.stringify(body) : ''] as const,
    );
    assert.ok(status < 300, `${method} ${path}: ${status}`);
  }

  async function hindered(one: Person, why: string): Promise<void> {
    await one.page.locator('.hindered', { hasText: why }).waitFor();
    assert.equal(await one.composer.count(), 0);
  }

  test('whoever is removed from a group is told by whom, keeps what was said, and comes back to all of it', async () => {
    const [ana, cyd, dov] = [await page.person('Ana'), await page.person('Cyd'), await page.person('Dov')];
    await group('garden', 'ana', ['cyd', 'dov']);
    await dov.openChat('group:garden');
    await cyd.openChat('group:garden');
    await cyd.say('I was here');
    await cyd.hasSent('I was here');
    await as(ana, 'DELETE', '/groups/garden/members/cyd');
    await hindered(cyd, 'Ana removed you.');
    await cyd.page.locator('.event', { hasText: 'Ana removed you' }).waitFor();
    await dov.page.locator('.event', { hasText: 'Ana removed Cyd' }).waitFor();
    await dov.say('without Cyd');
    await cyd.page.reload();
    await cyd.sees('I was here');
    await hindered(cyd, 'Ana removed you.');
    assert.equal(await cyd.bubble('without Cyd').count(), 0);
    await as(ana, 'PUT', '/groups/garden/members/cyd');
    await cyd.composer.waitFor();
    await cyd.sees('without Cyd');
    await dov.page.locator('.event', { hasText: 'Ana added Cyd' }).waitFor();
    await as(ana, 'PUT', '/groups/garden/bans/cyd');
    await hindered(cyd, 'Ana banned you.');
    await as(ana, 'DELETE', '/groups/garden');
    await hindered(dov, 'Ana deleted the group.');
    await dov.sees('without Cyd');
  });

  test('in a group that one is not in nothing invites to say hello', async () => {
    const eve = await page.person('Eve');
    await page.person('Ferdi');
    await group('cellar', 'ferdi', []);
    await eve.go('chat/group%3Acellar');
    await hindered(eve, 'You are not a member of this group.');
    await eve.page.getByText('No messages of this chat are kept in this browser.').waitFor();
    assert.equal(await eve.page.getByText('Say hello').count(), 0);
  });

  test('silenced, and where only admins post', async () => {
    const [gwen, hugh] = [await page.person('Gwen'), await page.person('Hugh')];
    await group('hall', 'gwen', ['hugh']);
    await hugh.openChat('group:hall');
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await as(gwen, 'PATCH', '/groups/hall/members/hugh', { silencedUntil: until });
    await hindered(hugh, 'You can’t send messages here until');
    await as(gwen, 'PATCH', '/groups/hall/members/hugh', { silencedUntil: null });
    await hugh.composer.waitFor();
    await as(gwen, 'PATCH', '/groups/hall', { postPolicy: 'admins' });
    await hindered(hugh, 'Only admins can send messages here.');
    await gwen.openChat('group:hall');
  });

  test('blocked, by oneself and by the other one', async () => {
    const [ilka, joss] = [await page.person('Ilka'), await page.person('Joss')];
    await ilka.add('joss');
    await as(joss, 'PUT', '/users/joss/blocks/ilka');
    await ilka.say('are you there?');
    await hindered(ilka, 'Joss doesn’t accept messages from you.');
    await ilka.page.locator('.refusal').waitFor();
    await joss.go('chat/user%3Ailka');
    await hindered(joss, 'You have blocked Ilka.');
    await joss.page.getByRole('button', { name: 'Unblock' }).click();
    await joss.composer.waitFor();
    await ilka.page.getByRole('button', { name: 'Try again' }).click();
    await ilka.hasSent('are you there?');
    await ilka.composer.waitFor();
  });

  test('an unread message that is erased counts no more, one that is not still does', async () => {
    const kai = await page.person('Kai');
    await page.person('Lou');
    const path = '/users/lou/conversations/user:kai/messages';
    const { id } = (await page.service.call('POST', path, { fields: { text: 'oops' } })) as { id: string };
    await page.service.call('POST', path, { fields: { text: 'real' } });
    await kai.page.locator('.badge', { hasText: '2' }).waitFor();
    await page.service.call('DELETE', `${path}/${id}`);
    await kai.page.locator('.badge', { hasText: /^1$/ }).waitFor();
    assert.equal(await kai.page.title(), '(1) redisim');
    await kai.openChat('user:lou');
    await kai.sees('real');
    await eventually(async () => (await kai.texts()).join() === 'Message deleted,real', 'one line for one erasure');
  });
});
