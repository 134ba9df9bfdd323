import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { launch, Person, Service } from './browser.ts';

/** A service (with settings of its own, perhaps) and a browser for the tests of one file; after each test its people leave, and nothing may have gone wrong. */
export function openPage(settings: () => Record<string, string> = () => ({})) {
  let service: Service;
  let browser: Browser;
  let people: Person[] = [];

  before(async () => {
    service = await Service.start(settings());
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });
  afterEach(async () => {
    const complaints = people.flatMap((person) => person.complaints);
    await Promise.all(people.map((person) => person.leave()));
    people = [];
    assert.deepEqual(complaints, []);
  });

  return {
    get service() {
      return service;
    },
    get browser() {
      return browser;
    },
    get url() {
      return service.url;
    },
    get link() {
      return service.link;
    },
    /** Somebody who has logged in under a name. */
    async person(name: string, options?: BrowserContextOptions): Promise<Person> {
      const one = await Person.loggedIn(browser, service.link, name, options);
      people.push(one);
      return one;
    },
    leaveLater(person: Person): void {
      people.push(person);
    },
  };
}
