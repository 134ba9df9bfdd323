import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a condition, or for so long. @returns how long that took, ms */
export async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<number> {
  const since = performance.now();
  while (!(await condition()) && performance.now() - since < withinMs) await delay(20);
  return performance.now() - since;
}
