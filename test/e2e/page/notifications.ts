import type { Page, Worker } from 'playwright-core';
import { eventually } from '../../helpers/delivery.ts';

/** Where notifications are told of: a page, or its service worker. */
type Teller = Pick<Page & Worker, 'evaluate'>;

/** Counts what is told of from here on, for `toldOf`. */
export const countTold = (teller: Teller) =>
  teller.evaluate(() => {
    const scope = globalThis as unknown as { told: number };
    const { prototype } = ServiceWorkerRegistration;
    const { showNotification } = prototype;
    scope.told = 0;
    prototype.showNotification = async function (...all) {
      await showNotification.apply(this, all);
      scope.told += 1;
    };
  });

/**
 * Waits until as many notifications were told of. The browser is not asked for them before: Chromium forgets one that it is about to
 * show in that very moment.
 */
export const toldOf = (teller: Teller, count: number) =>
  eventually(
    () => teller.evaluate((wanted) => (globalThis as unknown as { told: number }).told === wanted, count),
    `${count} notifications`,
  );

/** The notifications that there are, in the order in which they came. */
export const shown = (teller: Teller) =>
  teller.evaluate(async () => {
    const scope = globalThis as unknown as { registration?: ServiceWorkerRegistration };
    const registration = scope.registration ?? (await navigator.serviceWorker.ready);
    const all = await registration.getNotifications();
    return all.map(({ title, body, tag, data }) => ({ title, body, tag, address: data.address as string }));
  });
