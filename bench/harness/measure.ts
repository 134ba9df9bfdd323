import type { Sample } from './compare.ts';
import { cpuMicros } from './cpu.ts';

/**
 * Does something `units` times over and tells the processor time of one unit: of the process that is measured, and of
 * Redis where it has one. CPU time is what a neighbour on the machine changes least.
 */
export async function cpuPerUnit(
  { pid, redisPid }: { pid: number; redisPid?: number },
  work: () => Promise<number>,
): Promise<Sample> {
  const before = [cpuMicros(pid), redisPid ? cpuMicros(redisPid) : 0] as const;
  const units = await work();
  const sample: Sample = { nodeCpuMicros: (cpuMicros(pid) - before[0]) / units };
  if (redisPid) sample.redisCpuMicros = (cpuMicros(redisPid) - before[1]) / units;
  return sample;
}
