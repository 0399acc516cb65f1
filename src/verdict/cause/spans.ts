/** A stretch of time, µs since run zero. */
export interface Span {
  fromUs: number;
  toUs: number;
}

/** The same time as spans that neither overlap nor touch, in order. */
export function union(spans: readonly Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.fromUs - b.fromUs)) {
    if (span.toUs <= span.fromUs) continue;
    const last = merged.at(-1);
    if (last && span.fromUs <= last.toUs) last.toUs = Math.max(last.toUs, span.toUs);
    else merged.push({ ...span });
  }
  return merged;
}

/** How much of `span` lies in `spans` (a union), µs. */
export function overlapUs(span: Span, spans: readonly Span[]): number {
  let sum = 0;
  for (const { fromUs, toUs } of spans) {
    sum += Math.max(0, Math.min(toUs, span.toUs) - Math.max(fromUs, span.fromUs));
  }
  return sum;
}
