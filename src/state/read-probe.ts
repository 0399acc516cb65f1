import { abortReason } from '../foundation/clock.js';
import { messageOf } from '../foundation/errors.js';
import { formatMs } from '../foundation/units.js';
import type { Probe } from '../model/state.js';
import { itemsIn } from './items.js';
import { failedReading, type ProbeResult } from './reading.js';
import type { Redactor } from './redact.js';
import { shapeOf, sourceOf } from './source-of.js';
import type { SourceSetting } from './sources/source.js';

/** How long a source may take to end once its deadline has passed. */
const graceMs = 3_000;

/** Reads one probe, and never throws: what went wrong makes the reading incomplete, with the reason. */
export async function readProbe(
  probe: Probe,
  setting: Omit<SourceSetting, 'signal' | 'timeoutMs'>,
  redact: Redactor,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const source = sourceOf(probe);
  if (!source) throw new TypeError(`${setting.probe}: rows are compared, not listed`);
  const deadline = new AbortController();
  const late = new Error(`not done within ${formatMs(probe.timeout)}`);
  const timer = setTimeout(() => deadline.abort(late), probe.timeout);
  const both = AbortSignal.any([signal, deadline.signal]);
  try {
    const read = source.read({ ...setting, signal: both, timeoutMs: probe.timeout });
    read.catch(() => undefined); // raced: a source that ends after its deadline is no longer heard
    const { documents, problem } = await Promise.race([read, abandoned(both)]);
    const shaped = itemsIn(documents, shapeOf(probe, source), redact);
    const reason = problem ?? ('problem' in shaped ? shaped.problem : undefined);
    const told = reason !== undefined && deadline.signal.aborted ? late.message : reason;
    return { items: shaped.items, complete: told === undefined, ...(told !== undefined && { reason: told }) };
  } catch (error) {
    return failedReading(deadline.signal.aborted ? late.message : messageOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects a while after the deadline, also where a source does not heed it. */
function abandoned(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const giveUp = () => void setTimeout(() => reject(abortReason(signal)), graceMs).unref();
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
}
