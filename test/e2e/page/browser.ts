import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { embeddedRedisPid, Node } from '../../helpers/node.ts';
import { atExit } from '../../helpers/redis.ts';

const ROOT = join(import.meta.dirname, '../../..');
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why the page can't be tested here; in CI it has to be. */
export const skip =
  CHROMIUM || process.env.CI ? false : 'no chromium: install it (Debian: apt-get install chromium) to test the page';

export function launch(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('no chromium: CI has to install it (apt-get install chromium)');
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** The service as `npm start` runs it: one process with its own Redis, in a fresh folder. */
export class Service {
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'redisim-page-'));
  readonly #forget = atExit(() => this.#clear());
  #node!: Node;

  readonly #settings: Record<string, string>;

  private constructor(settings: Record<string, string>) {
    this.#settings = settings;
  }

  static async start(settings: Record<string, string> = {}): Promise<Service> {
    const service = new Service(settings);
    await service.restart();
    return service;
  }

  get url(): string {
    return this.#node.url;
  }

  /** The page, with the secret that lets one log in by a name: what the terminal shows. */
  get link(): string {
    return `${this.url}/#demo=${this.demoSecret}`;
  }

  get demoSecret(): string {
    return readFileSync(join(this.#dataDir, 'demo-secret'), 'utf8').trim();
  }

  /** As the server: what it keeps for its operator. */
  get apiKey(): string {
    return readFileSync(join(this.#dataDir, 'api-key'), 'utf8').trim();
  }

  /** Its Redis, to do harm there. */
  async inRedis(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    const redis = new Redis({ path: join(this.#dataDir, 'redis.sock') });
    await work(redis);
    redis.disconnect();
  }

  kill(): Promise<void> {
    return this.#node.kill();
  }

  /** It stands still until `resume`: its connections stay open, and nothing is answered. */
  pause(): void {
    this.#node.pause();
  }

  resume(): void {
    this.#node.resume();
  }

  /** On the same port and data. */
  async restart(): Promise<void> {
    const port = this.#node ? new URL(this.url).port : '0';
    const env = { DATA_DIR: this.#dataDir, PORT: port, HEARTBEAT_MS: '2000', ...this.#settings };
    this.#node = await Node.start(join(ROOT, 'src/main.ts'), env, ['--import', 'tsx']);
  }

  async stop(): Promise<void> {
    await this.#node.terminate();
    this.#clear();
    this.#forget();
  }

  async call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.apiKey}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.status === 204 ? undefined : response.json();
  }

  #clear(): void {
    const pid = embeddedRedisPid(this.#dataDir);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

/** Somebody before the page, in a browser profile of their own. */
export class Person {
  readonly page: Page;
  /** What went wrong in the page: errors and what its policy has blocked. */
  readonly complaints: string[];

  constructor(page: Page, complaints: string[]) {
    this.page = page;
    this.complaints = complaints;
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Person> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      // Only what is about it has one: tests that meddle with requests would miss what it asks for.
      serviceWorkers: 'block',
      ...options,
    });
    context.setDefaultTimeout(15_000);
    // tsx names functions by a helper, which is missing where the page evaluates them.
    await context.addInitScript('globalThis.__name = (named) => named');
    return Person.inTab(await context.newPage(), url);
  }

  static async inTab(page: Page, url: string): Promise<Person> {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error.stack)));
    page.on('console', (message) => {
      // A line that is down is not the page's fault, nor that profiles of tests, which are as private windows, have no pushes.
      if (
        message.type() === 'error' &&
        !/net::ERR_|Failed to load resource|Push API in incognito/.test(message.text())
      ) {
        complaints.push(message.text());
      }
    });
    await page.goto(url);
    return new Person(page, complaints);
  }

  /** Logs in by a name, and is connected. */
  static async loggedIn(browser: Browser, url: string, name: string, options?: BrowserContextOptions): Promise<Person> {
    const person = await Person.open(browser, url, options);
    await person.logIn(name);
    return person;
  }

  async logIn(name: string): Promise<void> {
    await this.page.locator('form input').fill(name);
    await this.page.locator('form button').click();
    await this.connected();
  }

  async connected(): Promise<void> {
    await this.page.locator('.connection.live').waitFor({ state: 'attached' });
  }

  async go(place: string): Promise<void> {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${place}`);
  }

  /** Adds a person, by their name, id or link, and is in the chat with them. */
  async add(text: string): Promise<void> {
    await this.go('contacts');
    await this.page.getByRole('button', { name: 'Add a person' }).click();
    await this.page.locator('dialog input').fill(text);
    await this.page.locator('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await this.composer.waitFor();
  }

  /** The link that leads others to this person. */
  async link(): Promise<string> {
    await this.go('me');
    return this.page.locator('code', { hasText: '#/person/' }).innerText();
  }

  async openChat(conversation: string): Promise<void> {
    await this.go(`chat/${encodeURIComponent(conversation)}`);
    await this.composer.waitFor();
  }

  get composer() {
    return this.page.locator('textarea');
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  /** The bubbles with a text. */
  bubble(text: string) {
    return this.page.locator('.bubble').filter({ has: this.page.locator('.text', { hasText: exactly(text) }) });
  }

  /** Waits until the service has a message, read or not. */
  async hasSent(text: string): Promise<void> {
    await this.bubble(text).locator('[aria-label="Sent"], [aria-label="Read"]').first().waitFor();
  }

  /** Chooses something in the menu of a message. */
  async choose(text: string, item: string): Promise<void> {
    await this.bubble(text).hover();
    await this.page.getByRole('button', { name: 'Message options' }).click();
    await this.page.getByRole('menuitem', { name: item }).click();
  }

  async sees(text: string): Promise<void> {
    await this.bubble(text).first().waitFor();
  }

  /** All texts of the open chat, in order. */
  texts(): Promise<string[]> {
    return this.page.locator('.bubble .text').allTextContents();
  }

  /** What axe finds that is serious or worse (WCAG 2.2 A and AA). */
  async barriers(): Promise<string[]> {
    const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
    // Evaluated, since the page's policy lets no foreign script in.
    await this.page.evaluate(readFileSync(source, 'utf8'));
    return this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: AxeViolation[] }> } };
      const { violations } = await axe.run();
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
    });
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}

interface AxeViolation {
  id: string;
  impact: string;
  nodes: { html: string; failureSummary: string }[];
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
