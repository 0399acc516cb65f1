import type { RunUs } from '../foundation/clock.js';
import type { LedgerValue, LedgerWrite } from '../model/ledger.js';
import { phases, type Phase } from '../model/scenario.js';
import type { RequestFacts } from '../template/request-source.js';
import type { HttpMessage, SqlMessage } from './compile-endpoint.js';
import type { AttemptEnd } from './expectation.js';
import type { LiveRequest } from './live-request.js';

/** How an attempt ended that was given up here: its answer, if there is one, is nobody's. */
type GivenUp = { kind: 'timeout' | 'aborted'; reason: string };

/** The attempts at writes that have ended and were not told yet. */
export class WriteLog {
  private writes: LedgerWrite[] = [];

  get size(): number {
    return this.writes.length;
  }

  /** Call once for each attempt, when it has ended; reads that have no ledger are passed over. */
  ended(request: LiveRequest, end: AttemptEnd | GivenUp, endUs: RunUs): void {
    const write = writeOf(request, end, endUs);
    if (write) this.writes.push(write);
  }

  /** An attempt that is still under way: it may already have taken effect. */
  underWay(request: LiveRequest, nowUs: RunUs): void {
    if (request.sentUs >= 0) this.ended(request, { kind: 'timeout', reason: 'still under way' }, nowUs);
  }

  take(): LedgerWrite[] {
    const taken = this.writes;
    this.writes = [];
    return taken;
  }
}

function writeOf(request: LiveRequest, end: AttemptEnd | GivenUp, endUs: RunUs): LedgerWrite | undefined {
  const { ledger } = request.endpoint;
  if (!ledger) return undefined;
  const facts = factsOf(request, 'answer' in end ? end.answer : undefined);
  const { state, reason, conflict } = fateOf(request, end);
  const values: Record<string, LedgerValue> = {};
  for (const { column, source } of ledger.values) {
    const value = source.read(facts);
    if (value !== undefined) values[column] = scalarOf(value);
  }
  const key = ledger.key.read(facts);
  return {
    entity: ledger.entity,
    op: ledger.op,
    key: key === undefined || key === null ? null : String(scalarOf(key)),
    values,
    endpoint: request.endpoint.index,
    phase: phases[request.page.phase] as Phase,
    ...(request.variant >= 0 && { variant: request.variant }),
    sentUs: Math.round(request.sentUs >= 0 ? request.sentUs : endUs),
    endUs: Math.round(endUs),
    state,
    ...(reason !== undefined && { reason }),
    ...(conflict && { conflict }),
  };
}

function factsOf({ id, shape, message }: LiveRequest, answer: unknown): RequestFacts {
  if (shape.kind === 'sql') return { id, values: (message as SqlMessage).values, answer };
  const { path, json } = message as HttpMessage;
  return { id, path, json, answer };
}

/** A list or mapping is compared as its JSON. */
function scalarOf(value: unknown): LedgerValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  return JSON.stringify(value);
}

type Fate = Pick<LedgerWrite, 'state' | 'reason' | 'conflict'>;

function fateOf(request: LiveRequest, end: AttemptEnd | GivenUp): Fate {
  if (end.kind === 'ok') return { state: 'acknowledged' };
  const reason = end.reason ?? end.kind;
  if (request.sentUs < 0 || end.kind === 'dropped')
    return { state: 'rejected', reason: `not sent: ${reason}` };
  if (end.kind !== 'httpError') return { state: 'indeterminate', reason };
  return request.shape.kind === 'http' ? httpFate(end.status, reason) : sqlFate(reason);
}

/**
 * A 4xx says that the request was not carried out (RFC 9110, 15.5), but 408, where the server only tired of
 * waiting. Anything else that is not as expected may come after the write: a 500 from rendering its answer, a 502 of
 * a proxy, a 200 with a strange body.
 */
function httpFate(status: number | undefined, reason: string): Fate {
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 408;
  if (!refused) return { state: 'indeterminate', reason };
  return { state: 'rejected', reason, ...(status === 409 && { conflict: true }) };
}

/**
 * A statement that the server answered with an error was rolled back, unless the error says that nobody knows
 * (40003, statement_completion_unknown; class 08 never comes here but 08P01, which is raised before execution).
 * One that touched no row wrote nothing.
 */
function sqlFate(reason: string): Fate {
  if (reason === 'rows 0') return { state: 'rejected', reason };
  if (!/^[0-9A-Z]{5}$/.test(reason) || reason === '40003') return { state: 'indeterminate', reason };
  return { state: 'rejected', reason, ...(reason === '23505' && { conflict: true }) };
}
