import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { eventually } from '../../helpers/delivery.ts';
import { type Person, skip } from './browser.ts';
import { openPage } from './people.ts';

/** What the page keeps of a conversation. */
interface Kept {
  unread: number;
  mentions?: number;
  mutedUntil?: string;
  pinned?: boolean;
  archived?: boolean;
  markedUnread?: boolean;
}

/** All rows of a table that the page keeps. */
function kept<Row>(page: Page, uid: string, table: string): Promise<Row[]> {
  return page.evaluate(
    ([name, from]) =>
      new Promise<Row[]>((resolve, reject) => {
        const opening = indexedDB.open(name!);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const rows = opening.result.transaction(from!).objectStore(from!).getAll();
          rows.onsuccess = () => {
            opening.result.close();
            resolve(rows.result as Row[]);
          };
        };
      }),
    [`redisim ${uid}`, table],
  );
}

/** The chat page in a real browser, against the service as `npm start` runs it: two devices of one user. */
describe('the chat page: several devices', { skip }, () => {
  const page = openPage();
  const path = (uid: string, conversation: string) => `/users/${uid}/conversations/${conversation}`;
  const say = (from: string, to: string, text: string) =>
    page.service.call('POST', `${path(from, `user:${to}`)}/messages`, { fields: { text } }) as Promise<{ id: string }>;
  const row = (person: Person, name: string) => person.page.locator('a.row', { hasText: name });
  const conversationOf = async (person: Person, uid: string, conversation: string) =>
    (await kept<Kept & { conversation: string }>(person.page, uid, 'conversations')).find(
      (one) => one.conversation === conversation,
    );

  test('what is read on one device is read on the other', async () => {
    const [phone, laptop] = [await page.person('Abby'), await page.person('Abby')];
    await page.person('Brad');
    await say('brad', 'abby', 'one');
    for (const device of [phone, laptop]) await row(device, 'Brad').locator('.badge').waitFor();
    await phone.openChat('user:brad');
    await row(laptop, 'Brad').locator('.badge').waitFor({ state: 'detached' });
    await phone.go('chats');
    await say('brad', 'abby', 'two');
    await row(laptop, 'Brad').locator('.badge', { hasText: '1' }).waitFor();
  });

  test('what was read in the middle leaves what came after it', async () => {
    const laptop = await page.person('Cleo');
    await page.person('Dirk');
    const { id } = await say('dirk', 'cleo', 'one');
    await say('dirk', 'cleo', 'two');
    await row(laptop, 'Dirk').locator('.badge', { hasText: '2' }).waitFor();
    await page.service.call('PUT', `${path('cleo', 'user:dirk')}/read`, { upTo: id });
    await row(laptop, 'Dirk').locator('.badge', { hasText: '1' }).waitFor();
  });

  test('settings of one device are those of the other; what is hidden is gone, and comes back with something new', async () => {
    const laptop = await page.person('Edna');
    await page.person('Fred');
    await say('fred', 'edna', 'hello');
    await row(laptop, 'Fred').waitFor();
    await laptop.openChat('user:fred');
    await laptop.go('chats');
    const mutedUntil = '2100-01-01T00:00:00.000Z';
    await page.service.call('PATCH', path('edna', 'user:fred'), { mutedUntil, pinned: true, markedUnread: true });
    await eventually(async () => (await conversationOf(laptop, 'edna', 'user:fred'))?.pinned === true, 'pinned');
    const settings = await conversationOf(laptop, 'edna', 'user:fred');
    assert.deepEqual([settings!.mutedUntil, settings!.markedUnread], [mutedUntil, true]);
    await page.service.call('PATCH', path('edna', 'user:fred'), { pinned: false, archived: true });
    await eventually(async () => (await conversationOf(laptop, 'edna', 'user:fred'))?.archived === true, 'archived');
    assert.equal((await conversationOf(laptop, 'edna', 'user:fred'))!.pinned, undefined);
    await page.service.call('DELETE', path('edna', 'user:fred'));
    await eventually(async () => !(await conversationOf(laptop, 'edna', 'user:fred')), 'hidden');
    assert.deepEqual(await kept(laptop.page, 'edna', 'messages'), []);
    await say('fred', 'edna', 'again');
    await eventually(async () => (await conversationOf(laptop, 'edna', 'user:fred'))?.unread === 1, 'back');
  });

  test('who has read up to where is kept when a chat is opened, and as it changes', async () => {
    const gina = await page.person('Gina');
    await page.person('Hans');
    const receipts = () => kept<{ uid: string; readUpTo: string }>(gina.page, 'gina', 'receipts');
    const upToOf = async (uid: string) => (await receipts()).find((one) => one.uid === uid)?.readUpTo;
    const first = await say('gina', 'hans', 'one');
    await page.service.call('PUT', `${path('hans', 'user:gina')}/read`, { upTo: first.id });
    await gina.openChat('user:hans');
    await eventually(async () => (await upToOf('hans')) === first.id, 'the first receipt');
    const second = await say('gina', 'hans', 'two');
    await page.service.call('PUT', `${path('hans', 'user:gina')}/read`, { upTo: second.id });
    await eventually(async () => (await upToOf('hans')) === second.id, 'the second receipt');
  });

  test('reactions are those that there are: told, and found on return', async () => {
    const iris = await page.person('Iris');
    await page.person('Jack');
    const { id } = await say('jack', 'iris', 'good news');
    const reactions = async () => {
      const messages = await kept<{ id: string; reactions?: object[] }>(iris.page, 'iris', 'messages');
      return messages.find((message) => message.id === id)?.reactions;
    };
    const react = (method: string, uid: string, peer: string, reaction: string) =>
      page.service.call(method, `${path(uid, `user:${peer}`)}/messages/${id}/reactions/${reaction}`);
    await iris.openChat('user:jack');
    await iris.sees('good news');
    await react('PUT', 'jack', 'iris', 'yes');
    await react('PUT', 'iris', 'jack', 'yes');
    const both = [{ reaction: 'yes', count: 2, mine: true }];
    await eventually(async () => JSON.stringify(await reactions()) === JSON.stringify(both), 'two reactions');
    await react('DELETE', 'iris', 'jack', 'yes');
    const one = [{ reaction: 'yes', count: 1, mine: false }];
    await eventually(async () => JSON.stringify(await reactions()) === JSON.stringify(one), 'one reaction');
    await iris.page.goto('about:blank');
    await react('DELETE', 'jack', 'iris', 'yes');
    await iris.page.goto(`${page.url}/#/chat/user%3Ajack`);
    await eventually(async () => !(await reactions())?.length, 'no reactions');
  });

  test('what was read while the line was down is told when it is back', async () => {
    const kate = await page.person('Kate');
    await page.person('Lars');
    const { id } = await say('lars', 'kate', 'hello');
    await row(kate, 'Lars').locator('.badge').waitFor();
    await kate.page.context().setOffline(true);
    await kate.page.locator('.connection.offline').waitFor();
    await kate.openChat('user:lars');
    await row(kate, 'Lars').locator('.badge').waitFor({ state: 'detached' });
    await kate.page.context().setOffline(false);
    await kate.connected();
    let readUpTo: string | undefined;
    await eventually(async () => {
      ({ readUpTo } = (await page.service.call('GET', path('kate', 'user:lars'))) as { readUpTo?: string });
      return readUpTo !== undefined;
    }, 'a read mark');
    assert.equal(readUpTo, id);
    assert.equal((await conversationOf(kate, 'kate', 'user:lars'))!.unread, 0);
  });
});
