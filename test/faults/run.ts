import { parseArgs } from 'node:util';
import { buildProduct } from './product.ts';
import { closeConnections } from './requests.ts';
import { perform } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { heading, line } from './table.ts';

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string' },
    only: { type: 'string' },
    mutants: { type: 'boolean', default: false },
  },
});
const seeds = values.seed ? [Number(values.seed)] : values.short ? [1] : [1, 2, 3];
const chosen = SCENARIOS.filter(({ name, longOnly }) =>
  values.only ? name.includes(values.only) : !(values.short && longOnly),
);

let passed = 0;
let failed = 0;
const product = await buildProduct();
console.log(heading());
for (const scenario of chosen) {
  for (const seed of seeds) {
    const since = performance.now();
    const report = await perform(scenario, product, { seed, isShort: values.short }).catch((error: Error) => error);
    const seconds = (performance.now() - since) / 1_000;
    console.log(line(scenario.name, seed, report, seconds));
    if (report instanceof Error || report.violations.length > 0) failed++;
    else passed++;
  }
}
product.remove();
closeConnections();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
