import type { Rehearsed, RehearsalWatcher } from '../index.js';
import { startClock } from '../foundation/clock.js';
import type { ServerAccess } from './server-flags.js';

/** Everything outside this process that follows the rehearsals of one command. */
export interface Watching {
  /** Of the next rehearsal. */
  watchers(): RehearsalWatcher[];
  ended(rehearsed: Rehearsed): Promise<void>;
  close(): Promise<void>;
}

const nobody: Watching = {
  watchers: () => [],
  ended: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/**
 * The live page, where it was asked for, and the export of metrics, where OpenTelemetry's variables name a collector.
 * @throws DtenError (exit 2) where it cannot be served.
 */
export async function startWatching(options: {
  access: ServerAccess | undefined;
  abort: (by: string) => void;
  say: (line: string) => void;
  onError: (error: unknown) => void;
}): Promise<Watching> {
  const { access, say, onError } = options;
  const exported = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'];
  if (!access && exported.every((name) => !process.env[name])) return nobody;
  // Loaded by who asks for it: it would cost every other command a tenth of a second.
  const { RunMetrics, addMetricsRoute, otlpTarget, startLiveServer, startOtlpExport } =
    await import('../serve/watching.js');
  const clock = startClock();
  const metrics = new RunMetrics();
  const live =
    access &&
    (await startLiveServer({
      ...access,
      clock,
      abort: () => options.abort('the live page'),
      routes: [(app) => addMetricsRoute(app, metrics)],
      onError,
    }));
  if (live) say(`watch it live: ${live.server.url}`);
  const target = otlpTarget(process.env);
  const exporter = target && startOtlpExport(metrics, target, { clock, say });
  return {
    watchers: () => [metrics.watcher, ...(live ? [live.watcher()] : [])],
    ended: async (rehearsed) => live?.ended(rehearsed),
    async close() {
      await exporter?.stop();
      await live?.close();
    },
  };
}
