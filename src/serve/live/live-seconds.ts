import type { RecordedSecond } from '../../model/live.js';
import { unpackColumn } from '../../model/page-column.js';
import {
  seriesColumns,
  type PageSecond,
  type PageSeries,
  type PageTraffic,
  type PageUpdate,
} from '../../model/page-data.js';
import type { RunPlan } from '../../model/plan.js';
import { pageTraffic } from '../../report/html/page-traffic.js';

/** Seconds that may still be added to: longer than any deadline that a scenario is likely to set. */
const keptSeconds = 120;

type SecondUpdate = Extract<PageUpdate, { type: 'second' }>;

/** Recorded seconds as a page draws them: by the very code that draws the report. */
export class LiveSeconds {
  private readonly recent = new Map<number, RecordedSecond>();
  private newest = -1;

  private readonly endpoints: string[];

  constructor(private readonly plan: RunPlan) {
    this.endpoints = Object.keys(plan.scenario.traffic.endpoints);
  }

  /** The limits that a chart draws. */
  limits(): PageTraffic['limits'] {
    const { plan, endpoints } = this;
    return pageTraffic({ plan, endpoints, seconds: [], series: [] }, { firstSecond: 0, lastSecond: 0 })
      .limits;
  }

  /** The second with all that was recorded of it; undefined: it is too old to be drawn again. */
  add(recorded: RecordedSecond): SecondUpdate | undefined {
    const { second } = recorded;
    const known = this.recent.get(second);
    if (!known && second <= this.newest - keptSeconds) return undefined;
    const whole: RecordedSecond = {
      second,
      tallies: [...(known?.tallies ?? []), ...recorded.tallies],
      series: [...(known?.series ?? []), ...recorded.series],
    };
    this.recent.set(second, whole);
    this.newest = Math.max(this.newest, second);
    for (const old of this.recent.keys()) if (old <= this.newest - keptSeconds) this.recent.delete(old);
    return this.drawn(whole);
  }

  private drawn({ second, tallies, series }: RecordedSecond): SecondUpdate {
    const view = {
      plan: this.plan,
      endpoints: this.endpoints,
      seconds: [{ second, tallies }],
      series: series.flatMap(({ endpoint, phase, kind, parts }) =>
        parts.map(({ index, count }) => ({ endpoint, phase, kind, second, index, count })),
      ),
    };
    const { all, endpoints } = pageTraffic(view, { firstSecond: second, lastSecond: second });
    return {
      type: 'second',
      second,
      all: rowOf(all),
      endpoints: endpoints.map((one) => unlessIdle(rowOf(one))),
    };
  }
}

function rowOf(series: PageSeries): PageSecond {
  return seriesColumns.map((name) => unpackColumn(series[name])[0] ?? null) as PageSecond;
}

/** A second in which no request of an endpoint was intended. */
function unlessIdle(row: PageSecond): PageSecond | null {
  return row.every((value) => value === 0 || value === null) ? null : row;
}
