import type { RunMetrics } from './run-metrics.js';

type Value = { labels?: Record<string, string | number>; value: number; metricName?: string };
interface Told {
  name: string;
  help: string;
  type: unknown;
  values: Value[];
}

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp: metrics as JSON; 64-bit integers are strings. */
export interface OtlpPayload {
  resourceMetrics: {
    resource: { attributes: Attribute[] };
    scopeMetrics: { scope: { name: string }; metrics: object[] }[];
  }[];
}
interface Attribute {
  key: string;
  value: { stringValue: string };
}

const cumulative = 2; // AGGREGATION_TEMPORALITY_CUMULATIVE

/** Everything the registry holds, as one export. Times are nanoseconds since the Unix epoch. */
export async function otlpPayload(
  metrics: RunMetrics,
  times: { startNs: bigint; nowNs: bigint },
): Promise<OtlpPayload> {
  metrics.lookAtLocks();
  const told = (await metrics.registry.getMetricsAsJSON()) as unknown as Told[];
  const at = { startTimeUnixNano: String(times.startNs), timeUnixNano: String(times.nowNs) };
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf({ 'service.name': 'dten' }) },
        scopeMetrics: [{ scope: { name: 'dten' }, metrics: told.map((metric) => metricOf(metric, at)) }],
      },
    ],
  };
}

function metricOf({ name, help, type, values }: Told, at: object): object {
  const points = values.map(({ labels = {}, value }) => ({
    ...at,
    attributes: attributesOf(labels),
    asDouble: value,
  }));
  const head = { name, description: help };
  if (type === 'histogram') {
    const dataPoints = histogramPoints(name, values).map((point) => ({ ...at, ...point }));
    return { ...head, unit: 's', histogram: { aggregationTemporality: cumulative, dataPoints } };
  }
  return type === 'counter'
    ? { ...head, sum: { aggregationTemporality: cumulative, isMonotonic: true, dataPoints: points } }
    : { ...head, gauge: { dataPoints: points } };
}

/** Prometheus's buckets are cumulative, OTLP's are not. */
function histogramPoints(name: string, values: readonly Value[]): object[] {
  const points = new Map<
    string,
    { labels: Record<string, string | number>; buckets: Value[]; sum: number; count: number }
  >();
  for (const one of values) {
    const { le, ...labels } = one.labels ?? {};
    const key = JSON.stringify(labels);
    const point = points.get(key) ?? { labels, buckets: [], sum: 0, count: 0 };
    points.set(key, point);
    if (le !== undefined) point.buckets.push(one);
    else if (one.metricName === `${name}_sum`) point.sum = one.value;
    else if (one.metricName === `${name}_count`) point.count = one.value;
  }
  return [...points.values()].map(({ labels, buckets, sum, count }) => ({
    attributes: attributesOf(labels),
    count: String(count),
    sum,
    bucketCounts: buckets.map(({ value }, at) => String(value - (buckets[at - 1]?.value ?? 0))),
    explicitBounds: buckets.flatMap(({ labels: bucket }) =>
      typeof bucket?.['le'] === 'number' ? [bucket['le']] : [],
    ),
  }));
}

function attributesOf(labels: Record<string, string | number>): Attribute[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value: { stringValue: String(value) } }));
}
