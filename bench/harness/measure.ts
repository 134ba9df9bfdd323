import type { Sample } from './compare.ts';
import { cpuMicros } from './cpu.ts';

/** What is measured: the processes of one side, all together, and the Redis that it has. */
export interface Processes {
  pids: readonly number[];
  redisPid?: number;
}

/**
 * Does something `units` times over and tells the processor time of one unit: of the processes that are measured, and of
 * Redis where they have one. CPU time is what a neighbour on the machine changes least.
 */
export async function cpuPerUnit({ pids, redisPid }: Processes, work: () => Promise<number>): Promise<Sample> {
  const used = () => pids.reduce((micros, pid) => micros + cpuMicros(pid), 0);
  const before = [used(), redisPid ? cpuMicros(redisPid) : 0] as const;
  const units = await work();
  const sample: Sample = { nodeCpuMicros: (used() - before[0]) / units };
  if (redisPid) sample.redisCpuMicros = (cpuMicros(redisPid) - before[1]) / units;
  return sample;
}
