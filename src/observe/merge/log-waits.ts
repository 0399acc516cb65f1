import type { LockWait } from '../../model/observation.js';
import { compatible } from '../log/lock-target.js';
import type { ErrorLine, LockLine, WaitLine } from '../log/lock-line.js';

/** One wait as the log told it: one or more lines of one process. Run time, µs. */
export interface LogWait {
  pid: number;
  startUs: number;
  /** When it ended; undefined where the log does not say. */
  endUs?: number;
  ended?: LockWait['ended'];
  /** The server's own figure, from the line that said `acquired`. */
  durationUs?: number;
  lastUs: number;
  first: WaitLine;
  /** Holders and queue of the first line that named them: the state nearest to the wait's start. */
  holders: number[];
  queue: number[];
  contextRelation?: string;
  deadlock?: NonNullable<LockWait['deadlock']>;
}

/**
 * The log cuts its times to milliseconds, and a busy server may write a line late: lines of one process belong to
 * one wait if they put its start this close together.
 */
const sameStartUs = 20_000;

/** Puts the lines of one process together, in the log's order. Errors of a process that was not waiting are left over. */
export function foldLines(lines: readonly LockLine[]): { waits: LogWait[]; errors: ErrorLine[] } {
  const waits: LogWait[] = [];
  const errors: ErrorLine[] = [];
  let open: LogWait | undefined;
  for (const line of lines) {
    if (line.kind === 'error') {
      if (open) {
        open.endUs = line.atUs;
        open.ended = line.ended;
        open.lastUs = line.atUs;
        if (line.deadlock) open.deadlock = line.deadlock;
        if (open.contextRelation === undefined && line.contextRelation !== undefined) {
          open.contextRelation = line.contextRelation;
        }
        open = undefined;
      } else {
        errors.push(line);
      }
      continue;
    }
    const startUs = line.atUs - line.afterUs;
    const known: LogWait | undefined =
      open && Math.abs(open.startUs - startUs) <= sameStartUs && compatible(open.first.tag, line.tag)
        ? open
        : undefined;
    const wait: LogWait = known ?? {
      pid: line.pid,
      startUs,
      lastUs: line.atUs,
      first: line,
      holders: [],
      queue: [],
    };
    if (!known) waits.push(wait);
    wait.lastUs = line.atUs;
    if (wait.holders.length === 0) wait.holders = line.holders;
    if (wait.queue.length === 0) wait.queue = line.queue;
    if (wait.contextRelation === undefined && line.contextRelation !== undefined) {
      wait.contextRelation = line.contextRelation;
    }
    open = wait;
    if (line.kind === 'acquired') {
      wait.endUs = line.atUs;
      wait.ended = 'granted';
      wait.durationUs = line.afterUs;
      open = undefined;
    }
  }
  return { waits, errors };
}
