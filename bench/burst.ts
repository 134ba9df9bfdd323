import { audienceBenchmark } from './harness/audience.ts';

/** 200 group messages at once to 1,000 subscribers of one node. */
export const burst = audienceBenchmark(
  {
    name: 'burst',
    title: '200 group messages at once to the same 1,000',
    targets: [{ figure: 'perSecond', unit: 'deliveries/s', atLeast: 2 }],
  },
  { atOnce: 200, times: 1 },
);
