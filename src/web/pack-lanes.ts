/** Spans put into as few rows as they fit into without overlapping; each row by start. */
export function packLanes<T extends { fromUs: number; toUs: number }>(spans: readonly T[]): T[][] {
  const rows: T[][] = [];
  const ends: number[] = [];
  for (const span of spans.toSorted((a, b) => a.fromUs - b.fromUs || b.toUs - a.toUs)) {
    const free = ends.findIndex((end) => end <= span.fromUs);
    const row = free < 0 ? rows.length : free;
    (rows[row] ??= []).push(span);
    ends[row] = span.toUs;
  }
  return rows;
}
