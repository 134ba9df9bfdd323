import { type Spread, spreadOf } from './stats.ts';

/** What one side did in one round. */
export type Sample = Record<string, number>;

export interface Comparison {
  rounds: { product: Sample; baseline: Sample }[];
  product: Record<string, Spread>;
  baseline: Record<string, Spread>;
  /** product / baseline, figure by figure: of each round, whose halves were measured one after the other. */
  ratio: Record<string, Spread>;
}

/**
 * Measures the product and its baseline in turn, so that what the machine does besides meets both. The first round warms
 * up and does not count.
 */
export async function compare(
  rounds: number,
  product: () => Promise<Sample>,
  baseline: () => Promise<Sample>,
): Promise<Comparison> {
  const measured: { product: Sample; baseline: Sample }[] = [];
  for (let round = 0; round <= rounds; round++) {
    // The one that goes first may have an advantage or the contrary.
    const first = round % 2 === 0 ? await product() : undefined;
    const second = await baseline();
    const pair = { product: first ?? (await product()), baseline: second };
    if (round > 0) measured.push(pair);
  }
  const names = Object.keys(measured[0]!.product);
  const collect = (of: (round: (typeof measured)[number], name: string) => number) =>
    Object.fromEntries(names.map((name) => [name, spreadOf(measured.map((round) => of(round, name)))]));
  return {
    rounds: measured,
    product: collect(({ product }, name) => product[name]!),
    baseline: collect(({ baseline }, name) => baseline[name]!),
    ratio: collect(({ product, baseline }, name) => product[name]! / baseline[name]!),
  };
}
