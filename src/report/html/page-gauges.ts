import type { HealthSample, ServerSample } from '../../model/observation.js';
import { packColumn } from '../../model/page-column.js';
import type { PageGauge, PageGauges } from '../../model/page-data.js';

/** A gauge without its values: how each sample, beside the one before it, gives one. */
type Gauge<T> = Omit<PageGauge, 'values'> & {
  value: (sample: T, before: T | undefined) => number | null | undefined;
};

/** The growth of a counter in a second; null where either reading is missing, or the server began anew. */
function rate(of: (sample: ServerSample) => number | null): Gauge<ServerSample>['value'] {
  return (sample, before) => {
    const now = of(sample);
    const then = before && of(before);
    const seconds = before ? (sample.atUs - before.atUs) / 1_000_000 : 0;
    if (now == null || then == null || seconds <= 0 || now < then) return null;
    return (now - then) / seconds;
  };
}

const serverGauges: Gauge<ServerSample>[] = [
  {
    id: 'commits',
    title: 'commits',
    unit: '/s',
    about: 'Transactions committed a second (pg_stat_database.xact_commit), all sessions.',
    value: rate(({ commits }) => commits),
  },
  {
    id: 'rollbacks',
    title: 'rollbacks',
    unit: '/s',
    about: 'Transactions rolled back a second (pg_stat_database.xact_rollback).',
    value: rate(({ rollbacks }) => rollbacks),
  },
  {
    id: 'active',
    title: 'active sessions',
    unit: 'sessions',
    about: 'Sessions running a statement at the instant of the sample (pg_stat_activity).',
    value: ({ activeBackends }) => activeBackends,
  },
  {
    id: 'waiting',
    title: 'sessions waiting for a lock',
    unit: 'sessions',
    about: 'At the instant of the sample, once a second; the lock waits above are sampled far more often.',
    value: ({ waitingBackends }) => waitingBackends,
  },
  {
    id: 'idle-in-transaction',
    title: 'idle in transaction',
    unit: 'sessions',
    about: 'Sessions that hold a transaction open and run nothing: they keep their locks.',
    value: ({ idleInTransaction }) => idleInTransaction,
  },
  {
    id: 'cache-hits',
    title: 'cache hits',
    unit: 'ratio',
    about: 'Share of block reads that were in shared buffers since the sample before (pg_stat_database).',
    value: (sample, before) => {
      const hit = rate(({ blocksHit }) => blocksHit)(sample, before);
      const read = rate(({ blocksRead }) => blocksRead)(sample, before);
      return hit == null || read == null || hit + read === 0 ? null : hit / (hit + read);
    },
  },
  {
    id: 'wal',
    title: 'WAL written',
    unit: 'B/s',
    about: 'Write-ahead log a second: what replicas must receive and disks must bear.',
    value: rate(({ walBytes }) => walBytes),
  },
  {
    id: 'cpu',
    title: 'processors busy',
    unit: 'ratio',
    about:
      'Share of all processors of the machine that were busy, dten and the system under rehearsal together.',
    value: ({ host }) => host.cpuBusyRatio,
  },
  {
    id: 'memory',
    title: 'memory free',
    unit: 'B',
    about: 'Free memory of the machine.',
    value: ({ host }) => host.memoryFreeBytes,
  },
];

/** Null: no sample was written. */
export function serverGaugesOf(samples: readonly ServerSample[]): PageGauges | null {
  if (samples.length === 0) return null;
  return {
    atMs: packColumn(samples.map(({ atUs }) => Math.max(0, Math.round(atUs / 1000)))),
    gauges: packed(serverGauges, samples),
  };
}

/** One second of the harness: all workers together, the worst of each. */
interface HealthSecond {
  second: number;
  workers: HealthSample[];
}

function most(of: (sample: HealthSample) => number): Gauge<HealthSecond>['value'] {
  return ({ workers }) => workers.reduce((peak, sample) => Math.max(peak, of(sample)), 0);
}

function sum(of: (sample: HealthSample) => number): Gauge<HealthSecond>['value'] {
  return ({ workers }) => workers.reduce((total, sample) => total + of(sample), 0);
}

const healthGauges: Gauge<HealthSecond>[] = [
  {
    id: 'send-lag',
    title: 'send lag p99',
    unit: 'ms',
    about:
      'How late the harness itself fired requests: it is dten’s own lateness, and too much of it makes a run INVALID.',
    value: most(({ lagP99Us }) => lagP99Us / 1000),
  },
  {
    id: 'loop-delay',
    title: 'event loop delay p99',
    unit: 'ms',
    about: 'How long the busiest traffic worker’s event loop was held up.',
    value: most(({ loopDelayP99Us }) => loopDelayP99Us / 1000),
  },
  {
    id: 'harness-cpu',
    title: 'busiest worker’s cpu',
    unit: 'ratio',
    about: 'Share of one core that the busiest traffic worker used.',
    value: most(({ cpuRatio }) => cpuRatio),
  },
  {
    id: 'in-flight',
    title: 'requests in flight',
    unit: 'requests',
    about: 'Requests begun and not ended at the second’s end, those that wait for a connection included.',
    value: sum(({ inFlight }) => inFlight),
  },
  {
    id: 'queued',
    title: 'waiting for a connection',
    unit: 'requests',
    about: 'Requests that waited for a free connection (traffic.connections) at the second’s end.',
    value: sum(({ queued }) => queued),
  },
  {
    id: 'busy-connections',
    title: 'connections in use',
    unit: '',
    about: 'Of the connections that the scenario gives the traffic.',
    value: sum(({ busyConnections }) => busyConnections),
  },
];

export function healthGaugesOf(samples: readonly HealthSample[]): PageGauges | null {
  if (samples.length === 0) return null;
  const bySecond = new Map<number, HealthSample[]>();
  for (const sample of samples) {
    const known = bySecond.get(sample.second);
    if (known) known.push(sample);
    else bySecond.set(sample.second, [sample]);
  }
  const seconds = [...bySecond]
    .map(([second, workers]): HealthSecond => ({ second, workers }))
    .sort((a, b) => a.second - b.second);
  return {
    atMs: packColumn(seconds.map(({ second }) => Math.max(0, second * 1000))),
    gauges: packed(healthGauges, seconds),
  };
}

function packed<T>(gauges: readonly Gauge<T>[], samples: readonly T[]): PageGauge[] {
  return gauges.map(({ value, ...gauge }) => ({
    ...gauge,
    values: packColumn(samples.map((sample, at) => value(sample, samples[at - 1]) ?? null)),
  }));
}
