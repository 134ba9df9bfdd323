import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { buildProduct } from '../test/helpers/product.ts';
import { batch } from './batch.ts';
import { burst } from './burst.ts';
import { channel, channelSizes, largeChannel } from './channel.ts';
import { cluster } from './cluster.ts';
import { fanout } from './fanout.ts';
import { floor } from './floor.ts';
import { grow } from './grow.ts';
import type { Benchmark } from './harness/benchmark.ts';
import { details, type Finished, table } from './harness/report.ts';
import { history } from './history.ts';
import { idle } from './idle.ts';
import { journal } from './journal.ts';
import { latency } from './latency.ts';
import { open } from './open.ts';
import { replay } from './replay.ts';
import { script } from './script.ts';
import { send } from './send.ts';
import { spaces } from './spaces.ts';
import { channelStorm, storm } from './storm.ts';
import { stormLive } from './storm-live.ts';
import { workers } from './workers.ts';

const BENCHMARKS: Benchmark[] = [
  send,
  batch,
  fanout,
  burst,
  script,
  floor,
  journal,
  latency,
  idle,
  open,
  storm,
  stormLive,
  channelStorm,
  replay,
  history,
  grow,
  cluster,
  spaces,
  channel,
  largeChannel,
  channelSizes,
  workers,
];

const USAGE = `usage: npm run bench [-- [--short] [--rounds N] [--json file] [name …]]
  name       ${BENCHMARKS.map(({ name }) => name).join(', ')}; all where none is named
  --short    less of everything: to see that it works, not to be quoted
  --rounds N pairs of measurements that count, 5 where not given
  --json f   writes what was measured, each round of it, to a file`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `there is no benchmark ${unknown.join(', ')}\n${USAGE}` : USAGE);
  process.exit(values.help ? 0 : 2);
}

const product = await buildProduct();
const scale = {
  product,
  rounds: Number(values.rounds ?? (values.short ? 1 : 5)),
  seconds: values.short ? 1 : 4,
  isShort: values.short,
};
const finished: Finished[] = [];
for (const benchmark of chosen) {
  console.log(`\n${benchmark.name}: ${benchmark.title}\n  against ${benchmark.against}`);
  const result = await benchmark.run(scale);
  finished.push({ benchmark, result });
  console.log(details(result));
}
product.remove();
console.log(`\n${table(finished)}`);
if (values.json) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version, platform: process.platform };
  const results = finished.map(({ benchmark, result }) => ({
    name: benchmark.name,
    title: benchmark.title,
    against: benchmark.against,
    targets: benchmark.targets,
    ...result,
  }));
  writeFileSync(
    values.json,
    `${JSON.stringify({ machine, scale: { ...scale, product: undefined }, results }, null, 1)}\n`,
  );
}
