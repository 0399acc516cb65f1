import type { LockWait } from '../../model/observation.js';
import type { LockTag } from '../sampler/sampled-wait.js';
import type { LogEntry } from './log-entry.js';
import { deadlockSides } from './deadlock-detail.js';
import { parseLockTarget } from './lock-target.js';

interface LineBase {
  pid: number;
  /** Of the log's line, in the caller's clock, µs. */
  atUs: number;
  applicationName: string;
  backendType?: string;
  statement?: string;
  /** Named by the CONTEXT: `while updating tuple (0,1) in relation "orders"`. Unqualified. */
  contextRelation?: string;
}

/** log_lock_waits: `process 12 still waiting for ShareLock on transaction 7 after 1000.1 ms`, and how it went on. */
export interface WaitLine extends LineBase {
  kind: 'waiting' | 'acquired' | 'deadlock' | 'failed';
  mode: string;
  tag: LockTag;
  /** Since the wait began: the server takes it from the same clock reading as pg_locks.waitstart. */
  afterUs: number;
  holders: number[];
  /** Everybody that waits for this lock, in order, the process itself included. */
  queue: number[];
}

/** An error that ends a wait, if its process was waiting. */
export interface ErrorLine extends LineBase {
  kind: 'error';
  ended: Extract<
    LockWait['ended'],
    'lock timeout' | 'statement timeout' | 'deadlock' | 'cancelled' | 'disconnected'
  >;
  /** The error proves that the process was waiting for a lock, whatever else was seen. */
  provesWait: boolean;
  /** 40P01's DETAIL says what the process waited for, and whose. */
  mode?: string;
  tag?: LockTag;
  blockedBy?: number;
  deadlock?: NonNullable<LockWait['deadlock']>;
}

export type LockLine = WaitLine | ErrorLine;

const waitMessage =
  /^process (\d+) (still waiting for|acquired|avoided deadlock for|detected deadlock while waiting for|failed to acquire) (\w+) on (.+?)(?: by rearranging queue order)? after (\d+)\.(\d{3}) ms$/;
const kinds: Record<string, WaitLine['kind']> = {
  'still waiting for': 'waiting',
  'avoided deadlock for': 'waiting',
  acquired: 'acquired',
  'detected deadlock while waiting for': 'deadlock',
  'failed to acquire': 'failed',
};

/** What a log entry says about lock waits; undefined: nothing. Messages are read in English (lc_messages C or en). */
export function lockLineOf(entry: LogEntry, atUs: number): LockLine | undefined {
  const base: LineBase = { pid: entry.pid, atUs, applicationName: entry.applicationName };
  if (entry.backendType !== undefined) base.backendType = entry.backendType;
  if (entry.statement !== undefined) base.statement = entry.statement;
  // `while updating tuple (0,1) in relation "orders"` (lmgr.c), a line of its own; a quote in the name is not doubled.
  const relation = /^while .+ in relation "(.+)"$/m.exec(entry.context ?? '')?.[1];
  if (relation !== undefined) base.contextRelation = relation;
  if (entry.severity === 'LOG') return waitLineOf(entry, base);
  return errorLineOf(entry, base);
}

function waitLineOf(entry: LogEntry, base: LineBase): WaitLine | undefined {
  const match = waitMessage.exec(entry.message);
  if (!match) return undefined;
  const [, pid, verb = '', mode = '', target = '', ms, fraction] = match;
  const detail = /: ([\d, ]*)\. Wait queue: ([\d, ]*)\./.exec(entry.detail ?? '');
  return {
    ...base,
    pid: Number(pid),
    kind: kinds[verb] ?? 'waiting',
    mode,
    tag: parseLockTarget(target),
    afterUs: Number(ms) * 1000 + Number(fraction),
    // 0 stands for a prepared transaction, as in pg_blocking_pids.
    holders: pidsOf(detail?.[1]),
    queue: pidsOf(detail?.[2]),
  };
}

function pidsOf(list: string | undefined): number[] {
  return (list?.match(/\d+/g) ?? []).map(Number);
}

function errorLineOf(entry: LogEntry, base: LineBase): ErrorLine | undefined {
  const { sqlState, message } = entry;
  const error = (ended: ErrorLine['ended'], provesWait: boolean): ErrorLine => ({
    ...base,
    kind: 'error',
    ended,
    provesWait,
  });
  if (sqlState === '55P03') {
    // NOWAIT raises the same code without a wait.
    return isNowait(message) ? undefined : error('lock timeout', /lock timeout/.test(message));
  }
  if (sqlState === '40P01') {
    const sides = deadlockSides(entry.detail ?? '');
    return {
      ...error('deadlock', true),
      ...deadlockDetail(entry),
      ...(sides.length > 0 && { deadlock: { sides } }),
    };
  }
  if (sqlState === '57014') {
    return error(/statement timeout/.test(message) ? 'statement timeout' : 'cancelled', false);
  }
  // 57P: shutdown, crash, terminated. 08: the client went away. 25P: session and transaction timeouts.
  if (entry.severity === 'FATAL' && /^(?:57P|08|25P)/.test(sqlState ?? ''))
    return error('disconnected', false);
  return undefined;
}

/** Of the server, or of a step, which says first where the statement stands. */
export function isNowait(message: string): boolean {
  return /(?:^|: )could not obtain lock on /.test(message);
}

function deadlockDetail(entry: LogEntry): Pick<ErrorLine, 'mode' | 'tag' | 'blockedBy'> {
  const own = (entry.detail ?? '')
    .split('\n')
    .map((line) => /^Process (\d+) waits for (\w+) on (.+); blocked by process (\d+)\.$/.exec(line))
    .find((match) => Number(match?.[1]) === entry.pid);
  if (!own) return {};
  return { mode: own[2] ?? '', tag: parseLockTarget(own[3] ?? ''), blockedBy: Number(own[4]) };
}
