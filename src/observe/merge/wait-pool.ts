import type { RunUs } from '../../foundation/clock.js';
import type { LockLine } from '../log/lock-line.js';
import type { SampledWait } from '../sampler/sampled-wait.js';
import type { ClientError } from './client-error.js';
import { foldLines } from './log-waits.js';
import { mergeProcess, type MergedWait, type MergeFacts, type ProcessRecords } from './merge-waits.js';

/** Records this close together may belong to one wait: they are merged together. */
const marginUs = 300_000;

interface Records {
  sampled: SampledWait[];
  lines: LockLine[];
  clientErrors: ClientError[];
}

/** What the channels have told and no wait was made of yet, by process. Times are run time, µs. */
export class WaitPool {
  private readonly byPid = new Map<number, Records>();

  addSampled(wait: SampledWait): void {
    this.of(wait.pid).sampled.push(wait);
  }

  addLine(line: LockLine): void {
    this.of(line.pid).lines.push(line);
  }

  addClientError(error: ClientError): void {
    this.of(error.pid).clientErrors.push(error);
  }

  /**
   * Merges what can change no more: everything of a process before an instant, not after the horizon, that lies in
   * none of its waits. The horizon must lie behind what the slowest channel has told; Infinity merges everything.
   */
  settle(horizonUs: RunUs, facts: MergeFacts): MergedWait[] {
    const merged: MergedWait[] = [];
    for (const [pid, records] of this.byPid) {
      const cutUs = horizonUs === Infinity ? Infinity : cutOf(records, horizonUs);
      const settled = takeBefore(records, cutUs);
      if (settled) merged.push(...mergeProcess({ pid, ...settled }, facts));
      if (isEmpty(records)) this.byPid.delete(pid);
    }
    return merged;
  }

  private of(pid: number): Records {
    let records = this.byPid.get(pid);
    if (!records) {
      records = { sampled: [], lines: [], clientErrors: [] };
      this.byPid.set(pid, records);
    }
    return records;
  }
}

/** The latest instant up to the horizon at which nothing of the process was going on. */
function cutOf(records: Records, horizonUs: RunUs): RunUs {
  const { waits } = foldLines(records.lines);
  const spans: [RunUs, RunUs][] = [
    ...records.sampled.map((wait): [RunUs, RunUs] => [
      wait.startUs - wait.startErrorUs,
      wait.goneUs ?? Infinity,
    ]),
    ...waits.map((wait): [RunUs, RunUs] => [wait.startUs, wait.endUs ?? Infinity]),
    ...records.lines.map((line): [RunUs, RunUs] => [line.atUs, line.atUs]),
    ...records.clientErrors.map((error): [RunUs, RunUs] => [error.sentUs, error.atUs]),
  ];
  spans.sort((a, b) => a[0] - b[0]);
  let cutUs = -Infinity;
  let reachUs = -Infinity;
  for (const [fromUs, toUs] of spans) {
    if (fromUs - marginUs > horizonUs) break;
    if (fromUs - marginUs > reachUs) cutUs = fromUs - marginUs;
    reachUs = Math.max(reachUs, toUs + marginUs);
  }
  return reachUs <= horizonUs ? horizonUs : cutUs;
}

function takeBefore(records: Records, cutUs: RunUs): Omit<ProcessRecords, 'pid'> | undefined {
  const sampled = extract(records.sampled, (wait) => wait.startUs - wait.startErrorUs < cutUs);
  const lines = extract(records.lines, (line) => line.atUs < cutUs);
  const clientErrors = extract(records.clientErrors, (error) => error.atUs < cutUs);
  if (sampled.length + lines.length + clientErrors.length === 0) return undefined;
  sampled.sort((a, b) => a.startUs - b.startUs);
  return { sampled, lines, clientErrors };
}

function extract<T>(from: T[], matches: (one: T) => boolean): T[] {
  const taken = from.filter(matches);
  if (taken.length > 0) from.splice(0, from.length, ...from.filter((one) => !matches(one)));
  return taken;
}

function isEmpty({ sampled, lines, clientErrors }: Records): boolean {
  return sampled.length + lines.length + clientErrors.length === 0;
}
