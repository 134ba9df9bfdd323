/**
 * Makes pictures of every screen of the chat page: phone and desktop, light and dark, English and Chinese.
 * `npm run screenshots -- <folder>`; the two of the README are docs/chat-desktop.png and docs/chat-phone.png.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { launch, Person, Service } from './browser.ts';

const folder = process.argv[2] ?? 'screenshots';
mkdirSync(folder, { recursive: true });

const SIZES: Record<string, BrowserContextOptions> = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};

const PEOPLE = ['Mira Castellanos', 'Jonas Weber', 'Aiko Tanaka', 'Sam Okafor', '李小明'];

const DIRECT: [who: 0 | 1, text: string][] = [
  [1, 'Morning! Did the new build reach you?'],
  [0, 'It did. Installed on two phones, and the inbox came back after I pulled the plug on the service.'],
  [0, 'Nothing lost, nothing twice. I checked.'],
  [1, 'That is what I wanted to read 🎉'],
  [1, 'Notes are here: https://example.com/notes/release-1.2'],
  [0, 'Thanks. Shall we meet at noon, where we met the last time?'],
  [1, 'Yes. I will bring Aiko.'],
];

const GROUP: [who: number, text: string][] = [
  [0, 'Who is in for the hike on Saturday?'],
  [2, 'Me! I can take three people in the car.'],
  [3, 'Count me in. Is there snow up there already?'],
  [1, 'A little, above 1,800 m. Bring proper shoes.'],
  [4, '我也去，带上热茶 🍵'],
];

const service = await Service.start();
const browser = await launch();

async function logIn(name: string): Promise<{ uid: string; token: string }> {
  const answer = await fetch(`${service.url}/v1/demo/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, secret: service.demoSecret }),
  });
  return (await answer.json()) as { uid: string; token: string };
}

async function asks(name: string): Promise<void> {
  const { token } = await logIn(name);
  const headers = { authorization: `Bearer ${token}` };
  await fetch(`${service.url}/v1/groups/saturday-hike/members/me`, { method: 'PUT', headers });
}

async function fill(names: readonly string[]): Promise<string[]> {
  const uids: string[] = [];
  for (const name of names) uids.push((await logIn(name)).uid);
  const [me, friend] = uids as [string, string];
  const say = (from: string, to: string, text: string) =>
    service.call('POST', `/users/${from}/conversations/${to}/messages`, { fields: { text } });
  for (const peer of uids.slice(1)) await service.call('PUT', `/users/${me}/contacts/${peer}`);
  await service.call('PUT', '/groups/saturday-hike', {
    fields: { name: 'Saturday hike' },
    owner: me,
    joinPolicy: 'approval',
  });
  for (const uid of uids.slice(1, 4)) await service.call('PUT', `/groups/saturday-hike/members/${uid}`);
  await service.call('PUT', `/groups/saturday-hike/members/${uids[4]}`);
  for (const [who, text] of GROUP) await say(uids[who]!, 'group:saturday-hike', text);
  await say(uids[3]!, `user:${me}`, 'Can you have a look at the figures when you find a moment? There is no hurry.');
  await say(uids[2]!, `user:${me}`, 'See you at noon!');
  for (const [who, text] of DIRECT)
    await (who === 0 ? say(me, `user:${friend}`, text) : say(friend, `user:${me}`, text));
  return uids;
}

const uids = await fill(PEOPLE);
// Somebody asks to join, one is an admin, and one may not post for now.
const [, admin = '', silenced = ''] = uids;
await service.call('PATCH', `/groups/saturday-hike/members/${admin}`, { role: 'admin' });
const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
await service.call('PATCH', `/groups/saturday-hike/members/${silenced}`, { silencedUntil: tomorrow });
await asks('Robin Novak');

for (const [size, options] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const locale of ['en-GB', 'zh-CN']) {
      // Chinese is looked at once for each size.
      if (locale === 'zh-CN' && colorScheme === 'dark') continue;
      const person = await Person.open(browser, service.link, { ...options, colorScheme, locale });
      const { page } = person;
      const take = async (screen: string) => {
        await page.waitForLoadState('networkidle').catch(() => {});
        const language = locale === 'zh-CN' ? '-zh' : '';
        await page.screenshot({ path: join(folder, `${screen}-${size}-${colorScheme}${language}.png`) });
      };
      await page.locator('form').waitFor();
      await take('login');
      const stranger = await Person.open(browser, service.url, { ...options, colorScheme, locale });
      await stranger.page.locator('form').waitFor();
      await stranger.page.screenshot({ path: join(folder, `login-without-link-${size}-${colorScheme}-${locale}.png`) });
      await stranger.leave();
      await person.logIn(`Visitor ${size} ${colorScheme} ${locale}`);
      await page.locator('.empty').waitFor();
      await take('empty');
      await page.locator('.empty button').first().click();
      await page.locator('dialog').waitFor();
      await take('add');
      await page.keyboard.press('Escape');
      await person.leave();

      const mira = await Person.open(browser, service.link, { ...options, colorScheme, locale });
      const shot = async (screen: string) => {
        const language = locale === 'zh-CN' ? '-zh' : '';
        await mira.page.screenshot({ path: join(folder, `${screen}-${size}-${colorScheme}${language}.png`) });
      };
      await mira.logIn(PEOPLE[0]!);
      await mira.page.locator('a.row').nth(4).waitFor();
      await mira.page.locator('.side section .badge').waitFor();
      await mira.page.locator('strong', { hasText: 'Saturday hike' }).waitFor();
      await shot('chats');
      await mira.page.locator('.side header button').click();
      await mira.page.locator('dialog').waitFor();
      await shot('start-new');
      await mira.page.keyboard.press('Escape');
      await mira.openChat(`user:${uids[1]}`);
      await mira.sees(DIRECT.at(-1)![1]);
      await shot('chat');
      await mira.openChat('group:saturday-hike');
      await mira.sees(GROUP.at(-1)![1]);
      await shot('group-chat');
      await mira.go('group/saturday-hike');
      await mira.page.locator('main li').nth(5).waitFor();
      await shot('group');
      await mira.page.locator('main .scroll').evaluate((scroll) => scroll.scrollTo(0, scroll.scrollHeight));
      await shot('group-end');
      await mira.page.locator('main li button.icon-button').first().click();
      await shot('member');
      await mira.page.keyboard.press('Escape');
      await mira.go(`person/${uids[1]}`);
      await mira.page.locator('main .end').waitFor();
      await shot('person');
      await mira.go('contacts');
      await mira.page.locator('a.row').nth(4).waitFor();
      await shot('contacts');
      await mira.page.locator('.actions button').nth(1).click();
      await mira.page.locator('dialog label').nth(3).waitFor();
      await mira.page.locator('dialog input').first().fill('Sunday brunch');
      await shot('new-group');
      await mira.page.keyboard.press('Escape');
      await mira.go('me');
      await mira.page.locator('.me').waitFor();
      await shot('me');
      if (mira.complaints.length + person.complaints.length > 0) console.log(mira.complaints, person.complaints);
      await mira.leave();
    }
  }
}
await browser.close();
await service.stop();
