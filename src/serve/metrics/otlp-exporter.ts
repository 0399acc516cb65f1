import type { RunClock } from '../../foundation/clock.js';
import { messageOf } from '../../foundation/errors.js';
import { otlpPayload } from './otlp-payload.js';
import type { RunMetrics } from './run-metrics.js';

const usualIntervalMs = 10_000;
const deadlineMs = 5_000;

export interface OtlpTarget {
  url: string;
  headers: Record<string, string>;
  intervalMs: number;
}

/**
 * Where metrics go by OpenTelemetry's own variables (the endpoint for metrics, or the common one with /v1/metrics);
 * undefined: nowhere. https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function otlpTarget(env: Readonly<Record<string, string | undefined>>): OtlpTarget | undefined {
  const common = env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  const own = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'];
  const url = own ? own : common ? `${common.replace(/\/+$/, '')}/v1/metrics` : undefined;
  if (url === undefined || env['OTEL_SDK_DISABLED'] === 'true' || env['OTEL_METRICS_EXPORTER'] === 'none')
    return undefined;
  const intervalMs = Number(env['OTEL_METRIC_EXPORT_INTERVAL'] ?? usualIntervalMs);
  const { address, authorization } = withoutPassword(url);
  return {
    url: address,
    headers: {
      ...authorization,
      ...headersOf(env['OTEL_EXPORTER_OTLP_HEADERS']),
      ...headersOf(env['OTEL_EXPORTER_OTLP_METRICS_HEADERS']),
    },
    intervalMs: Number.isFinite(intervalMs) && intervalMs >= 100 ? intervalMs : usualIntervalMs,
  };
}

/** fetch takes no address with a password, and would print it. */
function withoutPassword(url: string): { address: string; authorization: Record<string, string> } {
  if (!URL.canParse(url)) return { address: url, authorization: {} };
  const { username, password } = new URL(url);
  if (username === '' && password === '') return { address: url, authorization: {} };
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    address: bare.href,
    authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  };
}

/** `api-key=secret,x=y%20z` */
function headersOf(text = ''): Record<string, string> {
  const pairs = text.split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    if (at <= 0) return [];
    const value = pair.slice(at + 1).trim();
    try {
      return [[pair.slice(0, at).trim().toLowerCase(), decodeURIComponent(value)]];
    } catch {
      return [[pair.slice(0, at).trim().toLowerCase(), value]];
    }
  });
  return Object.fromEntries(pairs);
}

/** Sends now and then, and once more at the end. A collector that does not take it is told of once, and costs nothing. */
export function startOtlpExport(
  metrics: RunMetrics,
  target: OtlpTarget,
  { clock, say }: { clock: RunClock; say: (line: string) => void },
): { stop(): Promise<void> } {
  const epochNs = (us: number) => BigInt(Math.round(clock.zeroEpochUs + us)) * 1000n;
  let failed = false;
  let sending: Promise<void> | undefined;
  const send = async () => {
    try {
      const payload = await otlpPayload(metrics, { startNs: epochNs(0), nowNs: epochNs(clock.now()) });
      const answer = await fetch(target.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...target.headers },
        body: JSON.stringify(payload),
        signal: AbortSignal.timeout(deadlineMs),
        redirect: 'error',
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
    } catch (error) {
      // The address may hold a password.
      if (!failed) say(`metrics are not exported (OTLP): ${causeOf(error)}; tried again, and not told again`);
      failed = true;
    }
  };
  const sendOnce = () => (sending ??= send().finally(() => (sending = undefined)));
  const timer = setInterval(() => void sendOnce(), target.intervalMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await sending;
      await send();
    },
  };
}

function causeOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}
