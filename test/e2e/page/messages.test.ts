import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../../helpers/delivery.ts';
import { Person, skip } from './browser.ts';
import { openPage } from './people.ts';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

/** What one does with messages, in a real browser, against the service as `npm start` runs it. */
describe('the chat page: messages', { skip }, () => {
  const page = openPage();

  async function say(from: string, conversation: string, text: string, more: object = {}): Promise<string> {
    const path = `/users/${from}/conversations/${conversation}/messages`;
    return ((await page.service.call('POST', path, { fields: { text }, ...more })) as { id: string }).id;
  }

  /** A group with an owner, an admin (if named) and others. */
  async function group(gid: string, owner: string, members: string[], more: object = {}): Promise<void> {
    await page.service.call('PUT', `/groups/${gid}`, { fields: { name: gid }, owner, ...more });
    for (const uid of members) await page.service.call('PUT', `/groups/${gid}/members/${uid}`);
  }

  test('a chat that is opened by its link, in a browser that does not know of it yet, begins at what is unread', async () => {
    await page.person('Ida');
    await page.person('Jon');
    const messages = Array.from({ length: 80 }, (_, i) => ({
      uid: 'jon',
      conversation: 'user:ida',
      fields: { text: `line ${i} of many` },
    }));
    await page.service.call('POST', '/messages/batch', { messages });
    const fresh = await Person.open(page.browser, page.link);
    page.leaveLater(fresh);
    // The list comes late, or its answer is lost: the chat is all that there is.
    await fresh.page.route(/\/conversations(\?|$)/, (route) => route.abort());
    await fresh.page.locator('form input').fill('Ida');
    await fresh.page.locator('form button').click();
    await fresh.page.locator('nav').waitFor();
    await fresh.openChat('user:jon');
    await fresh.page.locator('.unread').waitFor();
    await fresh.page.getByRole('button', { name: 'new messages' }).waitFor();
  });

  test('a reply quotes what it replies to, and leads there, however long ago that was', async () => {
    const [ann, bea] = [await page.person('Ann'), await page.person('Bea')];
    const first = await say('bea', 'user:ann', 'the very first');
    for (let n = 0; n < 3; n++) {
      await page.service.call('POST', '/messages/batch', {
        messages: Array.from({ length: 100 }, (_, i) => ({
          uid: 'bea',
          conversation: 'user:ann',
          fields: { text: `filler ${n * 100 + i}` },
        })),
      });
    }
    await say('bea', 'user:ann', 'about the first', { replyTo: first });
    const fresh = await page.person('Ann');
    await fresh.openChat('user:bea');
    await fresh.page.getByRole('button', { name: 'new messages' }).click();
    await fresh.sees('about the first');
    assert.equal(await fresh.bubble('the very first').count(), 0);
    await fresh
      .bubble('about the first')
      .getByRole('button', { name: 'Go to the message by Bea: the very first' })
      .click();
    await fresh.bubble('the very first').waitFor();
    await fresh.page.locator('.message.marked', { hasText: 'the very first' }).waitFor();

    // What she has read in the other browser is read here once that is told: the chat opens at its end then.
    const row = ann.page.locator('a.row', { hasText: 'about the first' });
    await eventually(async () => (await row.count()) === 1 && (await row.locator('.badge').count()) === 0, 'all read');
    await ann.openChat('user:bea');
    await ann.choose('about the first', 'Reply');
    await ann.page.getByText('Reply to Bea').waitFor();
    await ann.page.keyboard.type('yes, that one');
    await ann.page.keyboard.press('Enter');
    await ann.bubble('yes, that one').getByRole('button', { name: 'about the first' }).waitFor();
    await bea.openChat('user:ann');
    await bea
      .bubble('yes, that one')
      .getByRole('button', { name: 'Go to the message by you: about the first' })
      .waitFor();
    // It is about nothing any more.
    await ann.say('and this is no reply');
    await ann.hasSent('and this is no reply');
    assert.equal(await ann.bubble('and this is no reply').locator('.quote').count(), 0);
  });

  test('one edits what one has said, from the menu or with the arrow up; others see it, marked', async () => {
    const [cem, dia] = [await page.person('Cem'), await page.person('Dia')];
    await cem.add('dia');
    await cem.say('helo');
    await dia.openChat('user:cem');
    await dia.sees('helo');
    await cem.hasSent('helo');
    await cem.composer.fill('a draft');
    await cem.choose('helo', 'Edit');
    await eventually(async () => (await cem.composer.inputValue()) === 'helo', 'the old text');
    await cem.composer.fill('hello');
    await cem.composer.press('Enter');
    for (const one of [cem, dia]) await one.bubble('hello').getByText('edited').waitFor();
    assert.equal(await cem.composer.inputValue(), 'a draft');
    await cem.composer.fill('');
    await cem.composer.press('ArrowUp');
    await eventually(async () => (await cem.composer.inputValue()) === 'hello', 'the last message');
    await cem.composer.fill('never sent');
    await cem.composer.press('Escape');
    assert.equal(await cem.composer.inputValue(), '');
    assert.deepEqual(await cem.texts(), ['hello']);
    // Nobody edits what others have said.
    await dia.bubble('hello').hover();
    await dia.page.getByRole('button', { name: 'Message options' }).click();
    await dia.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    assert.deepEqual(await dia.page.getByRole('menuitem').allTextContents(), ['Reply', 'Copy text']);
  });

  test('reactions: a quick one, any emoji, counts, mine marked, and taken back', async () => {
    const [eli, fay] = [await page.person('Eli'), await page.person('Fay')];
    await eli.add('fay');
    await eli.say('dinner?');
    await fay.openChat('user:eli');
    await fay.bubble('dinner?').hover();
    await fay.page.getByRole('button', { name: 'Message options' }).click();
    await fay.page.getByRole('group', { name: 'React' }).getByRole('button', { name: '👍' }).click();
    const thumb = fay.page.getByRole('button', { name: '👍 1 person', pressed: true });
    await thumb.waitFor();
    // The picker comes without any network but the service's own, and is searched.
    await fay.bubble('dinner?').hover();
    await fay.page.getByRole('button', { name: 'Message options' }).click();
    await fay.page.getByRole('button', { name: 'More reactions' }).click();
    await fay.page.getByRole('searchbox', { name: 'Search emoji' }).fill('pizza');
    await fay.page.getByRole('button', { name: 'pizza' }).click();
    await fay.page.getByRole('button', { name: '🍕 1 person' }).waitFor();
    const { items } = (await page.service.call('GET', '/users/eli/conversations/user:fay/messages')) as {
      items: { reactions?: { reaction: string; count: number }[] }[];
    };
    assert.deepEqual(
      items.at(-1)!.reactions?.map(({ reaction, count }) => [reaction, count]),
      [
        ['👍', 1],
        ['🍕', 1],
      ],
    );
    await thumb.click();
    await thumb.waitFor({ state: 'detached' });
    await eventually(async () => {
      const now = (await page.service.call('GET', '/users/eli/conversations/user:fay/messages')) as
        | typeof undefined
        | { items: { reactions?: unknown[] }[] };
      return now!.items.at(-1)!.reactions?.length === 1;
    }, 'taken back');
  });

  test('Markdown is shown as elements, and nothing else is', async () => {
    const [gus, hal] = [await page.person('Gus'), await page.person('Hal')];
    await gus.add('hal');
    await hal.openChat('user:gus');
    const rendered = async (text: string) => {
      const before = await hal.page.locator('.bubble').count();
      await say('gus', 'user:hal', text);
      const bubble = hal.page.locator('.bubble .text').nth(before);
      await bubble.waitFor();
      return bubble.evaluate((node) => node.innerHTML.replace(/<!--.*?-->/g, '').replace(/ class="[^"]*"/g, ''));
    };
    for (const [text, shown] of [
      ['**bold** and *slanted* and ~~gone~~', '<strong>bold</strong> and <em>slanted</em> and <del>gone</del>'],
      ['`a < b`', '<code>a &lt; b</code>'],
      ['see:\n```js\nlet a = 1;\n\nlet b;\n```\ndone', 'see:<pre><code>let a = 1;\n\nlet b;</code></pre>done'],
      ['first\n\n  second', 'first\n\n  second'],
      ['2*3*4 and snake_case_name ¯\\_(ツ)_/¯', '2*3*4 and snake_case_name ¯\\_(ツ)_/¯'],
      ['to do:\n- **one**\n- two\n\nso', 'to do:<ul><li><strong>one</strong></li><li>two</li></ul>\nso'],
      [
        '3. three\n5. five\n  - under',
        '<ol><li value="3">three</li><li value="5">five<ul><li>under</li></ul></li></ol>',
      ],
      ['# no heading\n- no list\n1. no list', '# no heading\n- no list\n1. no list'],
      ['![x](https://example.com/x.png) <b>no</b>', '![x](https://example.com/x.png) &lt;b&gt;no&lt;/b&gt;'],
      ['[click](javascript:alert(1))', '[click](javascript:alert(1))'],
      [
        '[docs](https://example.com/a)',
        '<a target="_blank" rel="noopener noreferrer" href="https://example.com/a">docs</a>',
      ],
      [
        'https://example.com/_a_b_, ok',
        '<a target="_blank" rel="noopener noreferrer" href="https://example.com/_a_b">https://example.com/_a_b</a>_, ok',
      ],
    ] as const) {
      assert.equal(await rendered(text), shown);
    }
    // In the list there are no marks.
    await say('gus', 'user:hal', '**really** `now`');
    await hal.page.locator('a.row', { hasText: 'really now' }).waitFor();
  });

  test('mentions are completed behind an @, sent as such, highlighted, and shown in the list', async () => {
    const [ida, jon] = [await page.person('Ida Berg'), await page.person('Jon Ives')];
    await page.person('Kim');
    await group('crew', 'ida-berg', ['jon-ives', 'kim']);
    await jon.go('contacts');
    await ida.openChat('group:crew');
    await ida.composer.pressSequentially('hi @jo');
    await ida.page.getByRole('option', { name: 'Jon Ives' }).waitFor();
    await ida.composer.press('Enter');
    assert.equal(await ida.composer.inputValue(), 'hi @Jon Ives ');
    await ida.composer.pressSequentially('come');
    await ida.composer.press('Enter');
    await ida.sees('hi @Jon Ives come');
    await ida.hasSent('hi @Jon Ives come');
    const { items } = (await page.service.call('GET', '/users/kim/conversations/group:crew/messages')) as {
      items: { mentions?: string[]; fields: { text?: string } }[];
    };
    assert.deepEqual([items.at(-1)!.mentions, items.at(-1)!.fields.text], [['jon-ives'], 'hi @jon-ives come']);
    await jon.go('chats');
    await jon.page.getByRole('img', { name: 'You were mentioned' }).waitFor();
    await jon.openChat('group:crew');
    assert.equal(await jon.bubble('hi @Jon Ives come').locator('.mention.me').textContent(), '@Jon Ives');
    await jon.page.getByRole('img', { name: 'You were mentioned' }).waitFor({ state: 'detached' });
  });

  test('an admin deletes what others have said, a member does not', async () => {
    const [lea, max] = [await page.person('Lea'), await page.person('Max')];
    await group('club', 'lea', ['max']);
    await say('lea', 'group:club', 'by the owner');
    await say('max', 'group:club', 'by the member');
    await max.openChat('group:club');
    await max.bubble('by the owner').hover();
    await max.page.getByRole('button', { name: 'Message options' }).click();
    await max.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    assert.equal(await max.page.getByRole('menuitem', { name: 'Delete for everyone' }).count(), 0);
    await max.page.keyboard.press('Escape');
    await lea.openChat('group:club');
    await lea.choose('by the member', 'Delete for everyone');
    await lea.page.locator('dialog').getByRole('button', { name: 'Delete for everyone' }).click();
    await max.sees('Message deleted by Lea');
  });

  test('who has read a message of a group', async () => {
    const [nia, oto] = [await page.person('Nia'), await page.person('Oto')];
    await page.person('Pia');
    await group('team', 'nia', ['oto', 'pia']);
    await nia.openChat('group:team');
    await nia.say('read this');
    await nia.hasSent('read this');
    await oto.openChat('group:team');
    await oto.sees('read this');
    await eventually(async () => {
      const { items } = (await page.service.call('GET', '/users/oto/conversations')) as { items: { unread: number }[] };
      return items[0]!.unread === 0;
    }, 'read');
    await nia.choose('read this', 'Read by');
    await nia.page.locator('dialog li').first().waitFor();
    assert.deepEqual(
      (await nia.page.locator('dialog li').allInnerTexts()).map((text) => text.split('\n').at(-1)),
      ['Oto'],
    );
  });

  test('the menu is opened by a long press, by the other button, and by the keyboard', async () => {
    const desk = await page.person('Quin');
    const phone = await page.person('Rita', PHONE);
    await desk.add('rita');
    await desk.say('press me');
    await phone.openChat('user:quin');
    const menu = phone.page.getByRole('menu', { name: 'Message options' });
    await phone.bubble('press me').waitFor();
    assert.equal(
      await phone.page.getByRole('button', { name: 'Message options' }).count(),
      0,
      'no buttons beside bubbles',
    );
    const { x, y } = (await phone.bubble('press me').boundingBox())!;
    const touch = await phone.page.context().newCDPSession(phone.page);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + 20, y: y + 10 }] });
    await menu.waitFor();
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await menu.getByRole('menuitem', { name: 'Reply' }).tap();
    await phone.page.getByText('Reply to Quin').waitFor();

    await desk.bubble('press me').click({ button: 'right' });
    await desk.page.getByRole('menu', { name: 'Message options' }).waitFor();
    await desk.page.keyboard.press('Escape');
    await desk.page.getByRole('menu').waitFor({ state: 'detached' });
    await desk.page.getByRole('log').focus();
    await desk.page.keyboard.press('ArrowUp');
    await desk.page.keyboard.press('Enter');
    await desk.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    await desk.page.keyboard.press('ArrowDown');
    await desk.page.keyboard.press('Enter');
    await eventually(async () => (await desk.composer.inputValue()) === 'press me', 'the second is Edit');
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing serious in menus, the picker, replies and mentions, ${colorScheme}`, async () => {
      const [owner, other, gid] = [`uma-${colorScheme}`, `vito-${colorScheme}`, `axe-${colorScheme}`];
      for (const uid of [owner, other]) await page.service.call('PUT', `/users/${uid}`, { fields: { name: uid } });
      await group(gid, owner, [other]);
      const id = await say(other, `group:${gid}`, `**look** @${owner} \`code\``, { mentions: [owner] });
      await say(owner, `group:${gid}`, 'so do I @all', { replyTo: id, mentions: ['*'] });
      await page.service.call('PUT', `/users/${owner}/conversations/group:${gid}/messages/${id}/reactions/ok`);
      const uma = await page.person(`Uma ${colorScheme}`, { colorScheme });
      await uma.openChat(`group:${gid}`);
      await uma.page.locator('.reaction').waitFor();
      await uma.composer.fill('@');
      await uma.page.getByRole('option').first().waitFor();
      assert.deepEqual(await uma.barriers(), [], 'mentions');
      await uma.composer.fill('');
      await uma.page.locator('.bubble', { hasText: 'look' }).first().click({ button: 'right' });
      await uma.page.getByRole('menu').waitFor();
      assert.deepEqual(await uma.barriers(), [], 'menu');
      await uma.page.getByRole('button', { name: 'More reactions' }).click();
      await uma.page.getByRole('searchbox', { name: 'Search emoji' }).fill('cat');
      await uma.page.getByRole('button', { name: 'cat', exact: true }).waitFor();
      assert.deepEqual(await uma.barriers(), [], 'picker');
      await uma.page.keyboard.press('Escape');
      await uma.choose('so do I @Everyone in the group', 'Reply');
      await uma.page.getByText('Reply to yourself').waitFor();
      assert.deepEqual(await uma.barriers(), [], 'reply');
      await uma.page.getByRole('searchbox', { name: 'Search' }).fill('look');
      await uma.page.getByRole('heading', { name: 'Messages' }).waitFor();
      assert.deepEqual(await uma.barriers(), [], 'search');
    });
  }
});
