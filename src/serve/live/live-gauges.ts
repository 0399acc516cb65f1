import type { LiveEntry } from '../../model/live-feed.js';
import type { HealthSample, ServerSample } from '../../model/observation.js';
import { unpackColumn } from '../../model/page-column.js';
import type { PageGauges } from '../../model/page-data.js';
import { healthGaugesOf, serverGaugesOf } from '../../report/html/page-gauges.js';

type GaugesEntry = Extract<LiveEntry, { type: 'gauges' }>;

/** Samples of the server and of the harness as a page draws them. */
export class LiveGauges {
  private before: ServerSample | undefined;
  private titled = { server: false, health: false };
  private second: HealthSample[] = [];

  constructor(private readonly workers: number) {}

  server(sample: ServerSample): GaugesEntry | undefined {
    const gauges = serverGaugesOf(this.before ? [this.before, sample] : [sample]);
    this.before = sample;
    return this.entry('server', gauges);
  }

  /** Of a second, once every worker has told of it. */
  health(sample: HealthSample): GaugesEntry | undefined {
    if (this.second[0]?.second !== sample.second) this.second = [];
    this.second.push(sample);
    return this.second.length < this.workers ? undefined : this.entry('health', healthGaugesOf(this.second));
  }

  private entry(of: 'server' | 'health', gauges: PageGauges | null): GaugesEntry | undefined {
    const atMs = gauges && unpackColumn(gauges.atMs).at(-1);
    if (!gauges || atMs == null) return undefined;
    const titles = gauges.gauges.map(({ id, title, unit, about }) => ({ id, title, unit, about }));
    const first = !this.titled[of];
    this.titled[of] = true;
    return {
      type: 'gauges',
      of,
      atMs,
      ...(first && { titles }),
      values: gauges.gauges.map(({ values }) => unpackColumn(values).at(-1) ?? null),
    };
  }
}
