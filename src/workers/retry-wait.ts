/** So much sooner or later than planned, so that what failed together does not come together again. */
const JITTER = 0.2;

/**
 * How long to wait before another try, ms.
 *
 * @param planned about so long, if nothing else is said
 * @param asked so long at least, as the other side says; undefined if it says nothing
 * @param max so long at most, about
 */
export function retryWait(planned: number, asked: number | undefined, max: number): number {
  const jittered = planned * (1 - JITTER + 2 * JITTER * Math.random());
  return Math.min(Math.max(jittered, asked ?? 0), max);
}
