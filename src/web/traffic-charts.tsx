import { Chart } from './chart.js';
import type { ChartProps, ChartSeries } from './chart-types.js';
import { nameOf } from './endpoint-picker.js';
import { asMs, asPerSecond } from './format.js';
import { allEndpoints, type PageStore, type SeriesName } from './page-store.js';
import { letters, seriesColor } from './palette.js';

export type Percentile = 'p50' | 'p99' | 'p999';
export const percentileNames: Record<Percentile, string> = { p50: 'p50', p99: 'p99', p999: 'p99.9' };
const dashes: Record<Percentile, number[]> = { p50: [2, 3], p99: [], p999: [8, 4] };

/** What all charts of a timeline have in common. */
export type SharedProps = Pick<ChartProps, 'xs' | 'window' | 'onZoom' | 'cursor' | 'bands' | 'highlight'>;

interface TrafficChartsProps extends SharedProps {
  store: PageStore;
  endpoints: readonly number[];
  percentiles: readonly Percentile[];
  log: boolean;
}

/** Offered and answered, response time, errors and drops. */
export function TrafficCharts({ store, endpoints, percentiles, log, ...shared }: TrafficChartsProps) {
  const { traffic } = store.data;
  const names = traffic.endpoints.map(({ name }) => name);
  const [only] = endpoints;
  const counted = endpoints.length === 1 && only !== undefined ? only : allEndpoints;
  const each = traffic.secondsPerPoint;
  const thinned =
    each === 1 ? '' : ` Each two points are the lowest and the highest second of ${2 * each} seconds.`;
  const line = (
    label: string,
    name: SeriesName,
    color: string,
    more: Partial<ChartSeries> = {},
  ): ChartSeries => ({
    label,
    color,
    values: store.series(counted, name),
    ...more,
  });
  const latencies = endpoints.flatMap((endpoint, at) =>
    percentiles.map((percentile): ChartSeries => ({
      label: `${nameOf(names, endpoint)} ${percentileNames[percentile]}`,
      letter: letters[at] ?? '',
      color: seriesColor(at),
      dash: dashes[percentile],
      values: store.series(endpoint, percentile),
    })),
  );
  const limits = traffic.limits.filter(
    ({ endpoint, percentile }) =>
      endpoints.includes(endpoint) && percentiles.some((one) => percentileNames[one] === percentile),
  );
  const drawnLimits = [
    ...new Map(limits.map((limit) => [`${limit.percentile} ${limit.ms}`, limit])).values(),
  ];
  return (
    <>
      <Chart
        {...shared}
        title={`Response time, ${percentiles.map((one) => percentileNames[one]).join(', ')} of each second`}
        about={`From the intended start to the end, of the requests meant to start in that second; drops count as ∞ (▲ at the upper edge). With fewer than 100 requests in a second its p99 is its slowest request.${thinned}`}
        series={latencies}
        format={asMs}
        log={log}
        height={220}
        limits={drawnLimits.map(({ percentile, ms }) => ({
          value: ms,
          label: `limit ${percentile} ${asMs(ms)}`,
        }))}
      />
      <Chart
        {...shared}
        title={`Requests a second, ${nameOf(names, counted)}`}
        about={`Meant to start, and answered as expected. What is missing between the two failed, was dropped, or was cut off by the end of the run. The first and the last second of the traffic, and those beside a pause, are not whole.${thinned}`}
        series={[
          line('intended', 'intended', '--quiet', { dash: [4, 3] }),
          line('ok', 'ok', '--good', { filled: true }),
        ]}
        format={asPerSecond}
        stepped
        height={130}
      />
      <Chart
        {...shared}
        title={`Errors and drops a second, ${nameOf(names, counted)}`}
        about={`Errors: answered wrongly, not at all, or not in time. Drops: never sent, since too many were under way.${thinned}`}
        series={[
          line('errors', 'failed', '--bad', { filled: true, letter: 'e' }),
          line('dropped', 'dropped', '--series-4', { dash: [6, 3], letter: 'd' }),
        ]}
        format={asPerSecond}
        stepped
        height={110}
      />
    </>
  );
}
