/**
 * Makes pictures of the chat page. `npm run screenshots` makes the two of the README; `npm run screenshots -- <folder>` makes one of
 * every screen: desktop and phone, light and dark, English and, of the main ones, Chinese. The machine has to have a font with emoji.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launch, Person, Service } from './browser.ts';
import { ME, Scene } from './scene.ts';

const folder = process.argv[2];
const DOCS = join(import.meta.dirname, '../../../docs');
/** Of the screens with this in their name alone. */
const only = process.argv[3] ?? '';

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
} satisfies Record<string, BrowserContextOptions>;
type Size = keyof typeof SIZES;

/** One pass over the page: a service of its own, since what is looked at is read. */
class Tour {
  readonly #browser: Browser;
  readonly #size: Size;
  readonly #options: BrowserContextOptions;
  readonly #suffix: string;
  #service!: Service;
  #scene!: Scene;

  constructor(browser: Browser, size: Size, colorScheme: 'light' | 'dark', locale: string) {
    this.#browser = browser;
    this.#size = size;
    this.#options = { ...SIZES[size], colorScheme, locale };
    this.#suffix = `${size}-${colorScheme}${locale === 'zh-CN' ? '-zh' : ''}`;
  }

  async go(screens: (tour: Tour) => Promise<void>): Promise<void> {
    this.#service = await Service.start();
    this.#scene = new Scene(this.#service);
    await this.#scene.fill();
    await screens(this);
    await this.#service.stop();
  }

  async #take({ page, complaints }: Person, screen: string): Promise<void> {
    if (complaints.length > 0) console.log(screen, complaints.splice(0));
    if (!`${screen}-${this.#suffix}`.includes(only)) return;
    // What moves has come to rest, and what is asked for has come.
    await page.waitForTimeout(250);
    await page.screenshot({ path: join(folder!, `${screen}-${this.#suffix}.png`) });
  }

  async readme(file: string): Promise<void> {
    const mira = await this.#person(ME);
    await mira.openChat(this.#size === 'phone' ? 'group:saturday-hike' : this.#direct('Jonas'));
    await mira.page.locator('.bubble').nth(4).waitFor();
    await mira.page.mouse.move(0, 0);
    await mira.composer.blur();
    await mira.page.waitForTimeout(500);
    await mira.page.screenshot({ path: join(DOCS, file) });
    await mira.leave();
  }

  #person(name: string): Promise<Person> {
    return Person.loggedIn(this.#browser, this.#service.link, name, this.#options);
  }

  #direct(firstName: string): string {
    return `user:${this.#scene.uid(firstName)}`;
  }

  async newcomer(): Promise<void> {
    const stranger = await Person.open(this.#browser, this.#service.url, this.#options);
    await stranger.page.locator('form').waitFor();
    await this.#take(stranger, 'login-without-link');
    await stranger.leave();
    const newcomer = await Person.open(this.#browser, this.#service.link, this.#options);
    await newcomer.page.locator('form').waitFor();
    await this.#take(newcomer, 'login');
    await newcomer.logIn('Nadia Haddad');
    await newcomer.page.locator('.empty').waitFor();
    await this.#take(newcomer, 'empty');
    await newcomer.page.locator('.empty button').first().click();
    await newcomer.page.locator('dialog input').fill('Nobody at all');
    await newcomer.page.locator('dialog form button').click();
    await newcomer.page.locator('dialog [role=alert]').waitFor();
    await this.#take(newcomer, 'add-person');
    await newcomer.page.keyboard.press('Escape');
    await newcomer.go('contacts');
    await newcomer.page.locator('.empty').waitFor();
    await this.#take(newcomer, 'contacts-empty');
    await newcomer.go('group/chess');
    await newcomer.page.locator('main .head button').waitFor();
    await this.#take(newcomer, 'join');
    await newcomer.leave();
  }

  async main(): Promise<void> {
    const mira = await this.#person(ME);
    const { page } = mira;
    const shot = (screen: string) => this.#take(mira, screen);
    await mira.openChat(this.#direct('Priya'));
    await mira.composer.fill('Thanks, I will read it on the');
    await mira.go('chats');
    await page.locator('a.row .draft').waitFor();
    await page.locator('.side section .badge').waitFor();
    await shot('list');
    await mira.openChat(this.#direct('Jonas'));
    await page.locator('.bubble').nth(6).waitFor();
    await shot('chat');
    await mira.openChat('group:saturday-hike');
    await page.locator('.bubble').nth(6).waitFor();
    await shot('group-chat');
    await mira.go('chat/group%3Acity-news');
    await page.locator('.bubble').nth(1).waitFor();
    await page.locator('.hindered').waitFor();
    await shot('channel');
    await mira.go('group/photos');
    await page.locator('main li').nth(2).waitFor();
    await shot('channel-owner');
    await page.locator('main .scroll').evaluate((scroll) => scroll.scrollTo(0, scroll.scrollHeight));
    await shot('channel-owner-end');
    await mira.go('group/saturday-hike');
    await page.locator('main li').nth(6).waitFor();
    await shot('group-owner');
    await page.locator('main .scroll').evaluate((scroll) => scroll.scrollTo(0, scroll.scrollHeight));
    await shot('group-owner-end');
    await mira.go(`person/${this.#scene.uid('Jonas')}`);
    await page.locator('main section button').nth(1).waitFor();
    await shot('person');
    await mira.go('contacts');
    await page.locator('a.row').nth(4).waitFor();
    await shot('contacts');
    await mira.go('me');
    await page.locator('.me select').waitFor();
    await shot('me');
    await mira.leave();
  }

  async others(): Promise<void> {
    const mira = await this.#person(ME);
    const { page } = mira;
    const shot = (screen: string) => this.#take(mira, screen);
    await page.locator('a.row').nth(4).waitFor();
    await page.locator('button.archived').click();
    await page.locator('.list').evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await shot('archived');
    await page.locator('.side header button').click();
    await page.locator('dialog').waitFor();
    await shot('start-new');
    await page.keyboard.press('Escape');
    await page.locator('a.row').nth(1).click({ button: 'right' });
    await page.locator('[role=menu]').waitFor();
    await shot('chat-menu');
    await page.keyboard.press('Escape');
    await this.#messages(mira);
    // What has been opened can be searched.
    await mira.go('chats');
    await page.locator('input[type=search]').fill('no');
    await page.locator('.list a').nth(1).waitFor();
    await shot('search');
    await page.locator('input[type=search]').fill('');
    await mira.openChat(this.#direct('Elena'));
    await mira.say('Are you there?');
    for (const [conversation, screen] of [
      [this.#direct('Elena'), 'refused'],
      [this.#direct('Tomás'), 'blocked'],
      ['group:book-club', 'removed'],
      ['group:announcements', 'admins-only'],
      ['group:old-flat', 'deleted'],
    ] as const) {
      await mira.go(`chat/${encodeURIComponent(conversation)}`);
      await page.locator('.hindered').waitFor();
      await shot(`composer-${screen}`);
    }
    await this.#info(mira);
    await mira.leave();
  }

  async #messages(mira: Person): Promise<void> {
    const { page } = mira;
    await mira.openChat(this.#direct('Jonas'));
    const own = page.locator('.bubble', { hasText: 'usual place' });
    const openMenu = async () => {
      await own.click({ button: 'right' });
      await page.locator('[role=menu]').waitFor();
    };
    await openMenu();
    await this.#take(mira, 'message-menu');
    // The last of the quick reactions opens all of them.
    await page.locator('.panel [role=group] button').last().click();
    await page.locator('.panel input').waitFor();
    await this.#take(mira, 'emoji-picker');
    await page.keyboard.press('Escape');
    for (const [nth, screen] of [
      [0, 'replying'],
      [1, 'editing'],
    ] as const) {
      await openMenu();
      await page.locator('[role=menuitem]').nth(nth).click();
      await this.#take(mira, screen);
      await mira.composer.press('Escape');
    }
    await mira.openChat('group:saturday-hike');
    await mira.composer.fill('@');
    await page.locator('[role=listbox]').waitFor();
    await this.#take(mira, 'mention');
    await mira.composer.fill('');
  }

  async #info(mira: Person): Promise<void> {
    const { page } = mira;
    await mira.go('group/saturday-hike');
    await page.locator('main li button.icon-button').first().click();
    await this.#take(mira, 'member');
    await page.locator('dialog .choices > button').last().click();
    await this.#take(mira, 'ban');
    await page.keyboard.press('Escape');
    await page.locator('main .page > header button').click();
    await page.locator('dialog summary').click();
    await this.#take(mira, 'edit-group');
    await page.keyboard.press('Escape');
    await page.locator('main .head button').first().click();
    await page.locator('dialog label').first().waitFor();
    await this.#take(mira, 'add-people');
    await page.keyboard.press('Escape');
    await mira.go(`person/${this.#scene.uid('Tomás')}`);
    await page.locator('main section .fit').waitFor();
    await page.locator('main summary').click();
    await this.#take(mira, 'person-blocked');
    await mira.go('person/nobody-at-all');
    await page.locator('main .empty').waitFor();
    await this.#take(mira, 'person-unknown');
    await mira.go('contacts');
    await page.locator('.actions button').nth(1).click();
    await page.locator('dialog label').nth(3).waitFor();
    await page.locator('dialog input[maxlength]').first().fill('Sunday brunch');
    await page.locator('dialog input[type=checkbox]').first().check();
    await this.#take(mira, 'new-group');
    await page.locator('dialog .kind').last().click();
    await this.#take(mira, 'new-channel');
    await page.keyboard.press('Escape');
    await mira.go('me');
    await page.locator('.me summary').first().click();
    await page.locator('.me summary').last().click();
    await this.#take(mira, 'me-open');
    await page.locator('.me .actions button').last().click();
    await this.#take(mira, 'log-out');
    for (const [name, role] of [
      ['Jonas Weber', 'admin'],
      ['Elena Rossi', 'member'],
    ] as const) {
      const other = await this.#person(name);
      await other.go('group/saturday-hike');
      await other.page.locator('main li').nth(4).waitFor();
      await this.#take(other, `group-${role}`);
      if (role === 'member') {
        await other.go('chat/group%3Asaturday-hike');
        await other.page.locator('.hindered').waitFor();
        await this.#take(other, 'composer-silenced');
      }
      await other.leave();
    }
  }
}

const browser = await launch();
if (folder === undefined) {
  for (const size of ['desktop', 'phone'] as const) {
    await new Tour(browser, size, 'light', 'en-GB').go((tour) => tour.readme(`chat-${size}.png`));
  }
} else {
  mkdirSync(folder, { recursive: true });
  for (const size of ['desktop', 'phone'] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await new Tour(browser, size, colorScheme, 'en-GB').go(async (tour) => {
        await tour.newcomer();
        await tour.main();
        await tour.others();
      });
    }
    await new Tour(browser, size, 'light', 'zh-CN').go(async (tour) => {
      await tour.newcomer();
      await tour.main();
    });
  }
}
await browser.close();
