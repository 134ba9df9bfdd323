import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { eventually } from '../../helpers/delivery.ts';
import { png, upload } from '../../helpers/files.ts';
import { Person, Service, skip } from './browser.ts';
import { openPage } from './people.ts';

const FILE_MAX = 21_000_000;
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

interface Sent {
  action?: string;
  fields: { text?: string };
  attachments?: { file: string; name: string; type: string; size: number; width?: number }[];
}

/** Files in messages, in a real browser, against the service as `npm start` runs it. */
describe('the chat page: attachments', { skip }, () => {
  const page = openPage(() => ({ FILE_MAX: `${FILE_MAX}` }));
  const picture = { name: 'dots.png', mimeType: 'image/png', buffer: png(640, 480) };
  const notes = { name: 'notes ü.txt', mimeType: 'text/plain', buffer: Buffer.from('buy milk\n') };

  const sent = async (from: string, conversation: string) => {
    const path = `/users/${from}/conversations/${conversation}/messages`;
    return ((await page.service.call('GET', path)) as { items: Sent[] }).items.filter(({ action }) => !action);
  };

  async function choose({ page: of }: Person, ...files: { name: string; mimeType: string; buffer: Buffer }[]) {
    // The button opens the picker of the system.
    const asked = of.waitForEvent('filechooser');
    await of.getByRole('button', { name: 'Attach files' }).click();
    await (await asked).setFiles(files);
  }

  const chips = ({ page: of }: Person) => of.getByRole('list', { name: 'Attached files' }).getByRole('listitem');
  const send = ({ page: of }: Person) => of.getByRole('button', { name: 'Send' }).click();
  const pictures = ({ page: of }: Person) => of.locator('.bubble').getByRole('button', { name: /^Open picture/ });
  const isSent = async (bubble: Locator) => bubble.locator('[aria-label="Sent"], [aria-label="Read"]').waitFor();

  async function isShown(button: Locator): Promise<{ width: number; height: number }> {
    await button.locator('img').waitFor();
    return button.locator('img').evaluate(async (image: HTMLImageElement) => {
      await image.decode();
      return { width: image.naturalWidth, height: image.naturalHeight };
    });
  }

  /** As a person does who drops, or pastes, files. */
  async function give(of: Page, kind: 'drop' | 'paste', selector: string, file: typeof picture): Promise<void> {
    const data = await of.evaluateHandle(
      ({ name, mimeType, base64 }) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const transfer = new DataTransfer();
        transfer.items.add(new File([bytes], name, { type: mimeType }));
        return transfer;
      },
      { ...file, base64: file.buffer.toString('base64') },
    );
    if (kind === 'paste') {
      await of.locator(selector).evaluate((node, clipboardData) => {
        node.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      }, data);
      return;
    }
    for (const type of ['dragover', 'drop']) await of.dispatchEvent(selector, type, { dataTransfer: data });
  }

  test('a picture is chosen, sent and shown to the other one, in the room that it had before', async () => {
    const [ann, ben] = [await page.person('Ann'), await page.person('Ben')];
    await page.person('Eve');
    await ann.add('ben');
    await ben.openChat('user:ann');
    // Its bytes come when the test says so.
    let letCome = () => {};
    const isWanted = new Promise<void>((resolve) => {
      letCome = resolve;
    });
    await ben.page.route(/\/files\/[0-9a-f]{32}$/, async (route) => {
      if (route.request().method() === 'GET') await isWanted;
      await route.continue();
    });
    await choose(ann, picture);
    await chips(ann).getByText('dots.png').waitFor();
    await ann.say('look at these');
    const box = pictures(ben).first();
    await box.waitFor();
    const [before, text] = [await box.boundingBox(), await ben.bubble('look at these').boundingBox()];
    assert.equal(await box.locator('img').count(), 0);
    letCome();
    assert.deepEqual(await isShown(box), { width: 640, height: 480 });
    assert.deepEqual(await box.boundingBox(), before);
    assert.deepEqual(await ben.bubble('look at these').boundingBox(), text);
    assert.deepEqual([before!.width, before!.height], [320, 240]);
    const [message] = await sent('ann', 'user:ben');
    assert.deepEqual(message!.fields, { text: 'look at these' });
    assert.deepEqual([message!.attachments![0]!.name, message!.attachments![0]!.width], ['dots.png', 640]);

    // Nobody else gets it, whatever they know.
    const { file } = message!.attachments![0]!;
    const answers = (of: Person) =>
      of.page.evaluate(async (id) => {
        const { token } = JSON.parse(localStorage.getItem('redisim.session')!);
        const answer = await fetch(`/v1/users/me/files/${id}`, { headers: { authorization: `Bearer ${token}` } });
        return answer.status;
      }, file);
    const eve = await page.person('Eve');
    assert.deepEqual([await answers(ben), await answers(eve)], [200, 404]);
  });

  test('a picture is opened large, and closed with Escape; it is read once', async () => {
    const [ann, ben] = [await page.person('Ann'), await page.person('Ben')];
    let reads = 0;
    ben.page.on('request', (request) => {
      if (/\/files\/[0-9a-f]{32}$/.test(request.url()) && request.method() === 'GET') reads++;
    });
    await ann.openChat('user:ben');
    await choose(ann, { ...picture, name: 'one.png' }, { ...picture, name: 'two.png', buffer: png(1200, 900) });
    await send(ann);
    await ben.openChat('user:ann');
    const [one, two] = [ben.page.getByRole('button', { name: 'Open picture one.png' }), pictures(ben).last()];
    for (const each of [one, two]) await isShown(each);
    const before = reads;
    await one.click();
    const viewer = ben.page.locator('dialog');
    await viewer.getByRole('img', { name: 'one.png' }).waitFor();
    assert.deepEqual(await ben.barriers(), []);
    await ben.page.keyboard.press('ArrowRight');
    await viewer.getByRole('img', { name: 'two.png' }).waitFor();
    const saved = ben.page.waitForEvent('download');
    await viewer.getByRole('button', { name: 'Download' }).click();
    assert.equal((await saved).suggestedFilename(), 'two.png');
    await ben.page.keyboard.press('Escape');
    await viewer.waitFor({ state: 'detached' });
    await one.waitFor();
    // To save it, it was read again; to show it, not.
    assert.equal(reads - before, 1);
    await ben.go('chats');
    await ben.openChat('user:ann');
    await isShown(one);
    assert.equal(reads - before, 1);
  });

  test('another file stands there with its name and size, and is saved as it was', async () => {
    const [ann, ben] = [await page.person('Ann'), await page.person('Ben')];
    await ann.openChat('user:ben');
    await choose(ann, notes, { name: 'page.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
    await send(ann);
    await ben.openChat('user:ann');
    const row = ben.page.getByRole('button', { name: 'Download notes ü.txt, 9 bytes' });
    await row.waitFor();
    await ben.page.getByRole('button', { name: 'Download page.svg' }).waitFor();
    const saved = ben.page.waitForEvent('download');
    await row.click();
    const download = await saved;
    assert.equal(download.suggestedFilename(), notes.name);
    assert.deepEqual(await readFile(await download.path()), notes.buffer);
    // One that is gone says so.
    await ben.page.route(/\/files\/[0-9a-f]{32}$/, (route) =>
      route.fulfill({
        status: 404,
        json: { code: 'file_not_found', detail: 'gone', status: 404, title: '', type: '' },
      }),
    );
    await row.click();
    await ben.page.getByText('This file isn’t there any more.').waitFor();
  });

  test('a large file is saved without being held in memory', async () => {
    const [ann, ben] = [await page.person('Ann'), await page.person('Ben')];
    const bytes = Buffer.alloc(FILE_MAX, 'redisim ');
    const { body } = await upload(page.service, 'ann', bytes, { credential: page.service.apiKey });
    await page.service.call('POST', '/users/ann/conversations/user:ben/messages', {
      attachments: [{ file: body.id, name: 'film.bin' }],
    });
    await ben.openChat('user:ann');
    const saved = ben.page.waitForEvent('download');
    await ben.page.getByRole('button', { name: 'Download film.bin, 21 MB' }).click();
    const download = await saved;
    assert.match(download.url(), /\?ticket=/);
    assert.equal(download.suggestedFilename(), 'film.bin');
    assert.ok(bytes.equals(await readFile(await download.path())));
    await ann.leave();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`on a phone a picture fits into its message, and a long press opens the menu; axe finds nothing, ${colorScheme}`, async () => {
      const [owner, other] = [`una-${colorScheme}`, `vic-${colorScheme}`];
      for (const uid of [owner, other]) await page.service.call('PUT', `/users/${uid}`, { fields: { name: uid } });
      const credential = page.service.apiKey;
      const files = await Promise.all([
        upload(page.service, owner, picture.buffer, { credential }),
        upload(page.service, owner, notes.buffer, { credential }),
      ]);
      const [shown, saved] = files.map(({ body }) => body.id);
      for (const attachments of [
        [{ file: shown, name: 'one.png' }],
        [
          { file: shown, name: 'two.png' },
          { file: shown, name: 'three.png' },
          { file: saved, name: 'a.txt' },
        ],
      ]) {
        const message = {
          fields: { text: 'a text that is longer than the picture is wide, and goes on below' },
          attachments,
        };
        await page.service.call('POST', `/users/${owner}/conversations/user:${other}/messages`, message);
      }
      const phone = await page.person(other.replace('v', 'V').replace('-', ' '), { ...PHONE, colorScheme });
      await phone.openChat(`user:${owner}`);
      for (const name of ['one.png', 'two.png', 'three.png']) {
        const box = phone.page.getByRole('button', { name: `Open picture ${name}` });
        await isShown(box);
        const [inner, outer] = [
          (await box.boundingBox())!,
          (await phone.page.locator('.bubble').last().boundingBox())!,
        ];
        assert.ok(inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width, name);
      }
      assert.deepEqual(await phone.barriers(), []);
      const { x, y } = (await pictures(phone).first().boundingBox())!;
      const touch = await phone.page.context().newCDPSession(phone.page);
      await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + 30, y: y + 30 }] });
      await phone.page.getByRole('menu', { name: 'Message options' }).waitFor();
      await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
      await phone.page.getByRole('menuitem', { name: 'Reply' }).tap();
      await phone.page.locator('.about', { hasText: '📷' }).waitFor();
      assert.equal(await phone.page.locator('dialog').count(), 0);
      await pictures(phone).first().tap();
      await phone.page.locator('dialog').getByRole('img', { name: 'one.png' }).waitFor();
      await phone.page.locator('dialog').getByRole('button', { name: 'Close' }).tap();
      await phone.page.locator('dialog').waitFor({ state: 'detached' });
    });
  }

  test('a picture is pasted, another dropped, one is taken out; a message can be files alone', async () => {
    const [cem, dia] = [await page.person('Cem'), await page.person('Dia')];
    await cem.add('dia');
    await give(cem.page, 'paste', 'textarea', { ...picture, name: 'image.png' });
    await chips(cem).getByText('image.png').waitFor();
    await give(cem.page, 'drop', '[role=log]', { ...picture, name: 'dropped.png' });
    await give(cem.page, 'drop', '[role=log]', notes);
    await eventually(async () => (await chips(cem).count()) === 3, 'three files');
    assert.deepEqual(await cem.barriers(), []);
    await cem.page.getByRole('button', { name: 'Remove dropped.png' }).click();
    assert.equal(await chips(cem).count(), 2);
    await send(cem);
    await isSent(cem.page.locator('.bubble'));
    assert.equal(await chips(cem).count(), 0);
    const [message] = await sent('cem', 'user:dia');
    assert.deepEqual(message!.fields, {});
    assert.deepEqual(
      message!.attachments!.map(({ name }) => name),
      ['image.png', 'notes ü.txt'],
    );
    await dia.page.locator('a.row', { hasText: '📎 2 files' }).waitFor();
    await give(cem.page, 'paste', 'textarea', picture);
    await send(cem);
    await dia.page.locator('a.row', { hasText: '📷 Photo' }).waitFor();
    // It can be replied to, and has no text to copy.
    await dia.openChat('user:cem');
    await pictures(dia).last().click({ button: 'right' });
    await dia.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    assert.deepEqual(await dia.page.getByRole('menuitem').allTextContents(), ['Reply']);
    await dia.page.getByRole('menuitem', { name: 'Reply' }).click();
    await dia.page.locator('.about', { hasText: '📷 Photo' }).waitFor();
    await dia.say('nice');
    await cem.bubble('nice').getByRole('button', { name: 'Go to the message by you: 📷 Photo' }).waitFor();
    await dia.page.getByRole('searchbox', { name: 'Search' }).fill('notes');
    await dia.page.locator('a.row', { hasText: '📎 2 files' }).waitFor();
  });

  test('an edit leaves the files; one that is deleted takes them along', async () => {
    const [cem, dia] = [await page.person('Cem'), await page.person('Dia')];
    await cem.openChat('user:dia');
    await choose(cem, { ...picture, name: 'edited.png' });
    await cem.say('frist');
    await cem.hasSent('frist');
    await cem.choose('frist', 'Edit');
    await cem.composer.fill('first');
    await cem.composer.press('Enter');
    await dia.openChat('user:cem');
    for (const one of [cem, dia]) {
      await isShown(one.bubble('first').getByRole('button', { name: 'Open picture edited.png' }));
    }
    await cem.choose('first', 'Delete for everyone');
    await cem.page.locator('dialog').getByRole('button', { name: 'Delete for everyone' }).click();
    for (const one of [cem, dia]) {
      await one.page.getByRole('button', { name: 'Open picture edited.png' }).waitFor({ state: 'detached' });
      await one.sees('Message deleted');
    }
  });

  test('what is too large, empty, or one too many is refused in words', async () => {
    const gus = await page.person('Gus');
    await page.person('Hal');
    await gus.add('hal');
    const large = { ...notes, name: 'large.bin', buffer: Buffer.alloc(FILE_MAX + 1, 1) };
    await choose(gus, large, { ...notes, name: 'empty.txt', buffer: Buffer.alloc(0) });
    await chips(gus).getByText('This file is too large.').waitFor();
    await chips(gus).getByText('This file is empty.').waitFor();
    await gus.page.getByRole('button', { name: 'Remove large.bin' }).click();
    await gus.page.getByRole('button', { name: 'Remove empty.txt' }).click();
    await choose(gus, ...Array.from({ length: 11 }, (_, i) => ({ ...notes, name: `${i}.txt` })));
    await gus.page.getByText('A message can carry 10 files at most.').waitFor();
    assert.equal(await chips(gus).count(), 10);
    await send(gus);
    await isSent(gus.page.locator('.bubble'));
    assert.equal((await sent('gus', 'user:hal'))[0]!.attachments!.length, 10);
  });

  test('send waits for the files; without a line one is told, and tries again', async () => {
    const ida = await page.person('Ida');
    await page.person('Jon');
    await ida.add('jon');
    await ida.page.context().setOffline(true);
    await choose(ida, picture);
    await chips(ida).getByText('The service can’t be reached').waitFor();
    await ida.page.context().setOffline(false);
    // The upload stands still until the test goes on.
    let goOn = () => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await ida.page.route(/\/files$/, async (route) => {
      await held;
      await route.continue();
    });
    await ida.page.getByRole('button', { name: 'Upload dots.png again' }).click();
    await ida.say('with a picture');
    await ida.page.getByText('Will be sent when all files are uploaded').waitFor();
    assert.equal(await ida.page.locator('.bubble').count(), 0);
    // It goes out though one is elsewhere.
    await ida.go('contacts');
    goOn();
    await eventually(async () => (await sent('ida', 'user:jon')).length === 1, 'sent');
    await ida.openChat('user:jon');
    await isShown(ida.bubble('with a picture').getByRole('button', { name: 'Open picture dots.png' }));
    assert.equal(await ida.composer.inputValue(), '');
    assert.equal(await chips(ida).count(), 0);
  });

  test('files that are uploaded, and messages with them that wait, are there after a reload', async () => {
    const kim = await page.person('Kim');
    await page.person('Leo');
    await kim.add('leo');
    await choose(kim, picture, notes);
    await eventually(async () => (await kim.page.locator('.composer progress').count()) === 0, 'uploaded');
    await kim.page.reload();
    await eventually(async () => (await chips(kim).count()) === 2, 'kept');
    await kim.page.locator('a.row', { hasText: 'Draft: 📎 2 files' }).waitFor();
    await kim.page.route(/\/messages$/, (route) => route.abort());
    await send(kim);
    await kim.page.locator('.bubble [aria-label="Waiting to be sent"]').waitFor();
    await isShown(pictures(kim).first());
    await kim.page.unroute(/\/messages$/);
    await kim.page.reload();
    await isSent(kim.page.locator('.bubble'));
    assert.equal((await sent('kim', 'user:leo'))[0]!.attachments!.length, 2);
  });

  test('where no files are taken there is no button', async (t) => {
    const service = await Service.start({ FILES: 'off' });
    t.after(() => service.stop());
    const mia = await Person.loggedIn(page.browser, service.link, 'Mia');
    page.leaveLater(mia);
    await Person.loggedIn(page.browser, service.link, 'Ned').then((ned) => ned.leave());
    const asked = mia.page.waitForResponse((answer) => /\/files\/0{32}$/.test(answer.url()));
    await mia.add('ned');
    assert.equal((await asked).status(), 409);
    await mia.say('words alone');
    await mia.hasSent('words alone');
    assert.equal(await mia.page.getByRole('button', { name: 'Attach files' }).count(), 0);
  });
});
