/** A line of the server's jsonlog, as far as lock waits need it. */
export interface LogEntry {
  /** Server clock, µs since the epoch; the log has whole milliseconds, cut off. */
  epochUs: number;
  pid: number;
  database?: string;
  applicationName: string;
  backendType?: string;
  severity: string;
  sqlState?: string;
  message: string;
  detail?: string;
  context?: string;
  statement?: string;
}

/**
 * Reads one line. Undefined for what is none: a line torn by a crash, or one of another format. `offsetUs` is how
 * far the log's time zone is ahead of UTC, for a log_timezone other than UTC.
 */
export function parseLogEntry(line: string, offsetUs: number): LogEntry | undefined {
  const fields = parseObject(line);
  if (!fields) return undefined;
  const { timestamp, pid, message } = fields;
  if (typeof timestamp !== 'string' || typeof pid !== 'number' || typeof message !== 'string')
    return undefined;
  const epochUs = parseTimestampUs(timestamp, offsetUs);
  if (epochUs === undefined) return undefined;
  const text = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' ? value : undefined;
  };
  const entry: LogEntry = {
    epochUs,
    pid,
    applicationName: text('application_name') ?? '',
    severity: text('error_severity') ?? '',
    message,
  };
  const optional = {
    database: text('dbname'),
    backendType: text('backend_type'),
    sqlState: text('state_code'),
    detail: text('detail'),
    context: text('context'),
    statement: text('statement'),
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined) entry[name as keyof typeof optional] = value;
  }
  return entry;
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** `2026-05-05 10:11:12.123 UTC`; zones other than UTC and GMT are read with the offset. */
function parseTimestampUs(text: string, offsetUs: number): number | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{3}) (\S+)$/.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second, ms] = match.slice(1, 8).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wallUs = Date.UTC(year, month - 1, day, hour, minute, second, ms) * 1000;
  return match[8] === 'UTC' || match[8] === 'GMT' ? wallUs : wallUs - offsetUs;
}
