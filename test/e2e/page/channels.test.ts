import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { type Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** The chat page in a real browser, against the service as `npm start` runs it. */
describe('the chat page: channels', { skip }, () => {
  const page = openPage();
  const call = (method: string, path: string, body?: object) => page.service.call(method, path, body);
  const messagesOf = (who: string, gid: string) => `/users/${who}/conversations/group:${gid}/messages`;
  const post = async (who: string, gid: string, text: string, more: object = {}) =>
    ((await call('POST', messagesOf(who, gid), { fields: { text }, ...more })) as { id: string }).id;

  async function channel(gid: string, name: string, owner: string, members: string[], more: object = {}) {
    await call('PUT', `/groups/${gid}`, { fields: { name }, owner, kind: 'channel', ...more });
    if (members.length > 0) await call('PUT', `/groups/${gid}/members`, { uids: members });
  }

  async function choose(person: Person, name: string): Promise<void> {
    await person.page.locator('dialog').getByRole('button', { name, exact: true }).click();
  }

  const row = (person: Person, name: string) => person.page.locator('a.row', { hasText: name });
  /** Comes back to the page, as from another tab. */
  const looks = (person: Person) => person.page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

  test('one is made, and who joins by its link reads it live, and may not write where only admins do', async () => {
    const [ann, ben] = [await page.person('Ann'), await page.person('Ben')];
    await ann.page.getByRole('button', { name: 'New chat or group' }).click();
    await choose(ann, 'New group or channel');
    await ann.page.locator('dialog label', { hasText: 'For any number of readers' }).click();
    await ann.page.getByLabel('Channel name').fill('City News');
    assert.equal(await ann.page.locator('dialog').getByLabel('Who can post').inputValue(), 'admins');
    await choose(ann, 'Create');
    await ann.composer.waitFor();
    await ann.page.locator('main header', { hasText: 'Channel · 1 member' }).waitFor();
    const made = (await call('GET', '/groups/city-news')) as Record<string, unknown>;
    assert.deepEqual([made.kind, made.postPolicy, made.joinPolicy], ['channel', 'admins', 'open']);
    await ann.say('before');
    await ann.hasSent('before');

    await ben.go('group/city-news');
    await ben.page.getByText('Channel · 1 member').waitFor();
    await ben.page.getByRole('button', { name: 'Join' }).click();
    await ben.sees('before');
    await ben.page.getByText('Only admins can send messages here.').waitFor();
    assert.equal(await ben.composer.count(), 0);
    await ann.say('live');
    await ben.sees('live');
    assert.deepEqual(await ben.texts(), ['before', 'live']);
    await row(ben, 'City News').getByText('Ann: live').waitFor();
    await eventually(async () => (await row(ben, 'City News').locator('.badge').count()) === 0, 'nothing unread');
  });

  test('what is written, edited and erased comes as it happens; nobody sees who types or has read', async () => {
    const [cleo, dora] = [await page.person('Cleo'), await page.person('Dora')];
    await channel('talk', 'Talk', 'cleo', ['dora']);
    const asked: string[] = [];
    for (const one of [cleo, dora]) one.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await cleo.openChat('group:talk');
    await dora.openChat('group:talk');
    await dora.say('helo');
    await cleo.sees('helo');
    await dora.choose('helo', 'Edit');
    await dora.composer.fill('hello');
    await dora.composer.press('Enter');
    await cleo.sees('hello');
    await cleo.composer.pressSequentially('typing away');
    await cleo.composer.fill('');
    await cleo.say('secret');
    await dora.sees('secret');
    await cleo.bubble('secret').hover();
    await cleo.page.getByRole('button', { name: 'Message options' }).click();
    const items = await cleo.page.getByRole('menuitem').allInnerTexts();
    assert.deepEqual(items, ['Reply', 'Edit', 'Copy text', 'Delete for everyone']);
    await cleo.page.getByRole('menuitem', { name: 'Delete for everyone' }).click();
    await choose(cleo, 'Delete for everyone');
    await dora.page.locator('.bubble.gone').waitFor();
    assert.deepEqual(
      asked.filter((path) => /\/(typing|receipts)$/.test(path)),
      [],
      'what channels do not have is not asked for',
    );
    // Nobody is told of reactions: they are read now and then.
    const { items: said } = (await call('GET', messagesOf('cleo', 'talk'))) as { items: { id: string }[] };
    const hello = said[1]!.id;
    await call('PUT', `${messagesOf('cleo', 'talk')}/${hello}/reactions/${encodeURIComponent('🎉')}`);
    await eventually(async () => {
      await looks(dora);
      return (await dora.page.locator('.message', { hasText: 'hello' }).getByText('🎉').count()) > 0;
    }, 'a reaction');
    // Everybody is not to be mentioned there, but who has spoken is.
    await cleo.composer.fill('@');
    await cleo.page.locator('[role=option]', { hasText: 'Dora' }).waitFor();
    assert.equal(await cleo.page.locator('[role=option]').count(), 1);
  });

  test('the list stays true of channels that are not open, however many they are', async () => {
    const eva = await page.person('Eva');
    await page.person('Finn');
    const all = Array.from({ length: 130 }, (_, i) => `many-${String(i).padStart(3, '0')}`);
    for (const gid of all) await channel(gid, gid, 'finn', ['eva']);
    await row(eva, 'many-129').waitFor();
    await row(eva, 'many-000').waitFor();
    const gids = all.slice(0, 12);
    const requests: string[] = [];
    eva.page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    for (const [i, gid] of gids.entries()) for (let n = 0; n <= i % 3; n++) await post('finn', gid, `${gid}: ${n}`);
    await eventually(async () => {
      await looks(eva);
      return (await row(eva, 'many-011').locator('.badge').count()) === 1;
    }, 'a badge');
    for (const [i, gid] of gids.entries()) {
      await row(eva, gid)
        .getByText(`Finn: ${gid}: ${i % 3}`)
        .waitFor();
      assert.equal(await row(eva, gid).locator('.badge').innerText(), `${(i % 3) + 1}`);
    }
    assert.ok(!requests.some((path) => /\/conversations\/.*\/stream$/.test(path)), requests.join());
    const lists = requests.filter((path) => path.endsWith('/conversations'));
    // Two pages when the page is loaded, and few to look.
    assert.ok(lists.length <= 8, `${lists.length} lists`);
    // Of names and kinds many are asked for at once.
    const groups = requests.filter((path) => path.startsWith('/v1/groups'));
    assert.ok(
      groups.every((path) => path === '/v1/groups'),
      groups.join(),
    );
    // What is erased counts no more.
    const erased = await post('finn', 'many-000', 'wrong place');
    await call('DELETE', `${messagesOf('finn', 'many-000')}/${erased}`);
    await eventually(async () => {
      await looks(eva);
      return (await row(eva, 'many-000').getByText('Message deleted').count()) === 1;
    }, 'what was deleted');
    assert.equal(await row(eva, 'many-000').locator('.badge').innerText(), '1');
  });

  test('opened, it begins at what is new; read here it is read everywhere; what was missed is there once', async () => {
    const [gil, hal] = [await page.person('Gil'), await page.person('Hal')];
    await channel('unread', 'Unread', 'gil', ['hal']);
    await row(hal, 'Unread').waitFor();
    for (let n = 0; n < 3; n++) await post('gil', 'unread', `early ${n}`);
    await hal.openChat('group:unread');
    await hal.sees('early 2');
    await hal.page.locator('.unread').waitFor();
    await eventually(async () => {
      const { unread } = (await call('GET', '/users/hal/conversations/group:unread')) as { unread: number };
      return unread === 0;
    }, 'read');
    await hal.go('chats');
    const edited = await post('gil', 'unread', 'late 0');
    await post('gil', 'unread', 'late 1');
    await call('PATCH', `${messagesOf('gil', 'unread')}/${edited}`, { fields: { text: 'late nought' } });
    await gil.openChat('group:unread');
    await hal.openChat('group:unread');
    await hal.sees('late 1');
    assert.deepEqual(await hal.texts(), ['early 0', 'early 1', 'early 2', 'late nought', 'late 1']);
    await post('gil', 'unread', 'live');
    await hal.sees('live');
    await gil.sees('live');
  });

  test('who is far behind begins with the newest, and finds the rest above', async () => {
    const ida = await page.person('Ida');
    await page.person('Jon');
    await channel('far', 'Far', 'jon', ['ida']);
    await ida.openChat('group:far');
    await post('jon', 'far', 'first');
    await ida.sees('first');
    await ida.go('chats');
    const messages = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        uid: 'jon',
        conversation: 'group:far',
        fields: { text: `n ${from + i}` },
      }));
    for (let from = 0; from < 700; from += 100)
      await call('POST', '/messages/batch', { messages: messages(from, 100) });
    await call('PUT', '/users/ida/conversations/group:far/read', { upTo: await post('jon', 'far', 'newest') });
    await eventually(async () => {
      await looks(ida);
      return (await row(ida, 'Far').getByText('newest').count()) === 1;
    }, 'the newest in the list');
    await ida.openChat('group:far');
    await ida.sees('newest');
    await ida.sees('n 699');
    await post('jon', 'far', 'live');
    await ida.sees('live');
    await eventually(async () => {
      await ida.page.locator('.scroller').evaluate((scroller) => scroller.scrollTo(0, 0));
      return (await ida.bubble('first').count()) === 1;
    }, 'the first');
  });

  test('over a line that was down, and a log that has lost its beginning, what is shown is what there is', async () => {
    const [vera, wim] = [await page.person('Vera'), await page.person('Wim')];
    await channel('lines', 'Lines', 'wim', ['vera']);
    await vera.openChat('group:lines');
    await post('wim', 'lines', 'before');
    await vera.sees('before');
    await vera.page.context().setOffline(true);
    for (const text of ['missed 1', 'missed 2']) await post('wim', 'lines', text);
    await vera.page.context().setOffline(false);
    await vera.sees('missed 2');
    await post('wim', 'lines', 'after');
    await vera.sees('after');
    assert.deepEqual(await vera.texts(), ['before', 'missed 1', 'missed 2', 'after']);
    await vera.page.context().setOffline(true);
    for (const text of ['lost', 'kept']) await post('wim', 'lines', text);
    await page.service.inRedis((redis) => redis.xtrim('gs:lines', 'MAXLEN', 1));
    await vera.page.context().setOffline(false);
    await vera.sees('kept');
    await eventually(async () => (await vera.texts()).join() === 'kept', 'only what is kept');
    await wim.openChat('group:lines');
    await wim.say('live');
    await vera.sees('live');
  });

  test('a mention in a channel that is not open is told; so is that one was removed, and let in again', async () => {
    const kim = await page.person('Kim');
    await page.person('Leo');
    await channel('calls', 'Calls', 'leo', ['kim']);
    await row(kim, 'Calls').waitFor();
    // Not by the list, which is read now and then.
    const list = /\/conversations(\?|$)/;
    await kim.page.route(list, (route) => route.abort());
    await post('leo', 'calls', 'before it');
    await post('leo', 'calls', '@kim look', { mentions: ['kim'] });
    await row(kim, 'Calls').locator('[aria-label="You were mentioned"]').waitFor();
    await row(kim, 'Calls').locator('[aria-label="2 unread"]').waitFor();
    await kim.page.unroute(list);
    await kim.openChat('group:calls');
    await kim.sees('before it');
    await kim.page.locator('.mention.me').waitFor();
    await call('PUT', '/groups/calls/bans/kim');
    await kim.page.locator('.hindered', { hasText: 'You were banned' }).waitFor();
    await kim.sees('before it');
    await post('leo', 'calls', 'meanwhile');
    await call('DELETE', '/groups/calls/bans/kim');
    await call('PUT', '/groups/calls/members/kim');
    await kim.composer.waitFor();
    await kim.sees('meanwhile');
    await post('leo', 'calls', 'again');
    await kim.sees('again');
    await call('DELETE', '/groups/calls');
    await kim.page.locator('.hindered').waitFor();
    await kim.sees('again');
  });

  test('a group becomes a channel while it is open, by its owner alone, after a question', async () => {
    const [mia, ned] = [await page.person('Mia'), await page.person('Ned')];
    await call('PUT', '/groups/grow', { fields: { name: 'Grow' }, owner: 'mia' });
    await call('PUT', '/groups/grow/members', { uids: ['ned'] });
    await ned.openChat('group:grow');
    await ned.say('as a group');
    await ned.hasSent('as a group');
    await mia.go('group/grow');
    await mia.page.getByRole('button', { name: 'Turn into a channel' }).click();
    await mia.page.locator('dialog', { hasText: 'no way back' }).waitFor();
    await choose(mia, 'Cancel');
    assert.equal(((await call('GET', '/groups/grow')) as { kind: string }).kind, 'group');
    await mia.page.getByRole('button', { name: 'Turn into a channel' }).click();
    const followed = ned.page.waitForRequest((request) => request.url().includes('grow/stream'));
    await choose(mia, 'Turn into a channel');
    await mia.page.getByRole('heading', { name: 'Channel info' }).waitFor();
    assert.equal(await mia.page.getByRole('button', { name: 'Turn into a channel' }).count(), 0);
    await ned.page.locator('main header', { hasText: 'Channel' }).waitFor();
    await followed;
    await post('mia', 'grow', 'as a channel');
    await ned.sees('as a channel');
    await ned.go('group/grow');
    await ned.page.getByRole('button', { name: 'Leave channel' }).waitFor();
    assert.equal(await ned.page.getByRole('button', { name: 'Turn into a channel' }).count(), 0);
  });

  test('its members come in pages; the owner makes admins and removes people; who leaves has it no more', async () => {
    const [olga, pit] = [await page.person('Olga'), await page.person('Pit')];
    const uids = Array.from({ length: 120 }, (_, i) => `reader-${i}`);
    for (const uid of uids) await call('PUT', `/users/${uid}`, { fields: { name: uid } });
    await channel('crowd', 'Crowd', 'olga', ['pit']);
    for (let first = 0; first < uids.length; first += 100) {
      await call('PUT', '/groups/crowd/members', { uids: uids.slice(first, first + 100) });
    }
    await olga.go('group/crowd');
    await olga.page.getByText('Channel · 122 members').waitFor();
    const members = olga.page.locator('main section', { hasText: 'Members' }).locator('li');
    await members.first().waitFor();
    assert.ok((await members.count()) <= 60, `${await members.count()} at first`);
    await eventually(async () => {
      const more = olga.page.getByRole('button', { name: 'Show more' });
      if (await more.isVisible()) await more.click({ timeout: 1_000 }).catch(() => {});
      return (await members.count()) === 122;
    }, 'all members');
    assert.equal(await olga.page.getByRole('button', { name: 'Show more' }).count(), 0);
    await olga.page.getByRole('button', { name: 'Manage Pit' }).click();
    await choose(olga, 'Make admin');
    await members.filter({ hasText: 'Pit' }).getByText('Admin').waitFor();
    await pit.openChat('group:crowd');
    await pit.page.getByRole('link', { name: 'Channel info' }).click();
    await pit.page.getByRole('button', { name: 'Leave channel' }).click();
    await choose(pit, 'Leave channel');
    await eventually(async () => (await row(pit, 'Crowd').count()) === 0, 'no chat');
  });

  test('two tabs with a channel each, and a third: all stay true, with two streams of channels at most', async () => {
    const rio = await page.person('Rio');
    await page.person('Sue');
    for (const gid of ['tab-0', 'tab-1', 'tab-2']) await channel(gid, gid, 'sue', ['rio']);
    const tabs = [rio.page, await rio.page.context().newPage(), await rio.page.context().newPage()];
    for (const [i, tab] of tabs.entries()) {
      await tab.goto(`${page.url}/#/chat/group:tab-${i}`);
      await tab.locator('textarea').waitFor();
    }
    for (const i of [0, 1, 2]) await post('sue', `tab-${i}`, `hello ${i}`);
    for (const i of [1, 2]) await tabs[i]!.locator('.bubble', { hasText: `hello ${i}` }).waitFor();
    // The one that one comes back to is followed.
    await tabs[0]!.bringToFront();
    await tabs[0]!.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await tabs[0]!.locator('.bubble', { hasText: 'hello 0' }).waitFor();
    await post('sue', 'tab-0', 'and again');
    await tabs[0]!.locator('.bubble', { hasText: 'and again' }).waitFor();
    // Two inboxes, and two of the three channels.
    await eventually(async () => {
      const metrics = await (await fetch(`${page.url}/metrics`)).text();
      return /^redisim_subscribers\{state="live"\} 4$/m.test(metrics);
    }, 'two streams of channels');
    await Promise.all(tabs.slice(1).map((tab) => tab.close()));
  });
});
