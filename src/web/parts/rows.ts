/** The rows of a timeline, as they lie in the page: the elements with a message's number, in their order. */
export function rowsIn(content: HTMLElement): HTMLElement[] {
  return [...content.querySelectorAll<HTMLElement>('[data-seq]')];
}

/** The row of a message's number. */
export function rowOf(content: HTMLElement, seq: number): HTMLElement | null {
  return content.querySelector<HTMLElement>(`[data-seq="${seq}"]`);
}

/** The number of a row's message; 0 where there is none. */
export function seqOfRow(row: HTMLElement | undefined): number {
  return Number(row?.dataset.seq ?? 0);
}

/** The first row that ends below a line: one of many, in order, so that few are measured. */
export function firstBelow(rows: readonly HTMLElement[], line: number): HTMLElement | undefined {
  return rows[indexBelow(rows, line)];
}

/** The last row that is fully above a line. */
export function lastAbove(rows: readonly HTMLElement[], line: number): HTMLElement | undefined {
  return rows[indexBelow(rows, line + 1) - 1];
}

function indexBelow(rows: readonly HTMLElement[], line: number): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (rows[middle]!.getBoundingClientRect().bottom > line) to = middle;
    else from = middle + 1;
  }
  return from;
}
