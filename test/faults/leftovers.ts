/** Nothing that a run has started or made outlives it, however it ends short of SIGKILL. */

const leftovers = new Set<() => void>();

/**
 * Has `end` called when this process ends early.
 * @returns to be called when that is no longer needed
 */
export function atExit(end: () => void): () => void {
  leftovers.add(end);
  return () => leftovers.delete(end);
}

process.on('exit', () => {
  for (const end of leftovers) end();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
