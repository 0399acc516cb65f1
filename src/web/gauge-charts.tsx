import type { PageGauges } from '../model/page-data.js';
import { Chart } from './chart.js';
import { asCount, gaugeFormat } from './format.js';
import type { PageStore } from './page-store.js';
import type { SharedProps } from './traffic-charts.js';

interface GaugeChartsProps extends Omit<SharedProps, 'xs'> {
  store: PageStore;
  gauges: PageGauges;
}

/** A small chart for each gauge, on the timeline's axis. */
export function GaugeCharts({ store, gauges: { atMs, gauges }, ...shared }: GaugeChartsProps) {
  const xs = store.column(atMs, (ms) => (ms ?? 0) / 1000) as number[];
  return (
    <div class="gauges">
      {gauges.map(({ id, title, about, unit, values }) => {
        const known = store.column(values);
        return (
          <Chart
            key={id}
            {...shared}
            xs={xs}
            title={title}
            about={about}
            series={[{ label: title, color: '--series-1', values: known }]}
            format={gaugeFormat(unit)}
            axisFormat={unit === 'sessions' || unit === 'requests' ? asCount : gaugeFormat(unit)}
            height={100}
            gaps={[]}
            missing={known.every((value) => value === null) ? 'Not recorded.' : undefined}
          />
        );
      })}
    </div>
  );
}
