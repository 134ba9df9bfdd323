import { audienceBenchmark } from './harness/audience.ts';

/** One group message to 1,000 subscribers of one node, again and again: each waits until the one before has arrived. */
export const fanout = audienceBenchmark(
  {
    name: 'fanout',
    title: 'one group message to 1,000 SSE subscribers of one node',
    targets: [{ figure: 'nodeCpuMicros', unit: 'µs of the node a delivery', atMost: 1 }],
  },
  { atOnce: 1, times: 60 },
);
