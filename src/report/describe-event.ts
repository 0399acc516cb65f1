import type { Outcome, StampedEvent } from '../model/observation.js';
import { formatBytes, formatMs } from '../foundation/units.js';
import { plain, plural } from './plain-text.js';
import { formatRunTime } from './run-time.js';

/**
 * One line for a log (`00:32.4  upgrade.add status: attempt 2 failed: 55P03 …`), or undefined for what is too
 * frequent to tell: single statements that went well.
 */
export function describeEvent(event: StampedEvent): string | undefined {
  const what = describe(event);
  return what === undefined ? undefined : `${formatRunTime(event.atUs)}  ${plain(what)}`;
}

function describe(event: StampedEvent): string | undefined {
  switch (event.type) {
    case 'run':
      return event.edge === 'start' ? 'the rehearsal begins' : `the rehearsal ended${suffix(event.note)}`;
    case 'phase':
      return event.phase === 'done' ? 'the traffic ends' : `phase ${event.phase}`;
    case 'step':
      return describeStep(event);
    case 'statement':
      if (event.edge === 'start' || event.outcome?.ok !== false) return undefined;
      return `${event.step}: statement ${event.index + 1} ${failed(event.outcome)}`;
    case 'transaction':
      return event.outcome.ok
        ? undefined
        : `${event.step}: the transaction was rolled back${failure(event.outcome)}`;
    case 'service':
      return describeService(event);
    case 'background':
      return describeBackground(event);
    case 'variant':
      return `${event.endpoint}: variant ${event.index + 1} ${event.active ? 'begins' : 'ends'}`;
    case 'gap':
      return event.edge === 'start' ? `the load pauses: ${event.purpose}` : 'the load goes on';
    case 'snapshot':
      return `the data directory was copied for the rollback: ${formatBytes(event.bytes)} in ${formatMs(event.tookMs)}`;
    case 'restore':
      return event.edge === 'start'
        ? undefined
        : `${event.step}: ${event.part}${event.bytes === undefined ? '' : ` (${formatBytes(event.bytes)})`} done`;
    case 'again':
      return describeAgain(event);
    case 'degraded':
      return `DEGRADED ${event.source}: ${event.lost}`;
    case 'note':
      return event.message;
  }
}

function describeStep(event: Extract<StampedEvent, { type: 'step' }>): string {
  const attempt = event.attempt > 1 ? `, attempt ${event.attempt}` : '';
  if (event.edge === 'start') return `${event.step}: begins${attempt}`;
  if (event.outcome?.ok !== false) return `${event.step}: done${attempt}`;
  const next = event.final === false ? ', will try again' : '';
  return `${event.step}: attempt ${event.attempt} ${failed(event.outcome)}${next}`;
}

function describeAgain(event: Extract<StampedEvent, { type: 'again' }>): string {
  const what =
    event.step === undefined ? 'the upgrade once more, without traffic' : `once more: ${event.step}`;
  if (event.skipped !== undefined) return `${what}: not run, ${event.skipped}`;
  if (event.edge === 'start') return `${what}: begins`;
  if (event.step === undefined) return `${what}: ended`;
  return event.ok === true ? `${what}: done` : `${what}: failed${suffix(event.message)}`;
}

function describeService(event: Extract<StampedEvent, { type: 'service' }>): string {
  const last = event.state === 'died' ? event.logTail?.at(-1) : undefined;
  return `${event.replica} (${event.service}) ${event.state}${suffix(event.detail)}${suffix(last)}${
    event.state === 'died' && (event.logTail?.length ?? 0) > 1
      ? ` (${plural(event.logTail?.length ?? 0, 'line')} of its log in the report)`
      : ''
  }`;
}

/** The periodic runs of a background job are not told; the ones that hold something for a step are. */
function describeBackground(event: Extract<StampedEvent, { type: 'background' }>): string | undefined {
  if (event.outcome?.ok === false) return `background ${event.job} ${failed(event.outcome)}`;
  if (event.step === undefined) return undefined;
  const doing = { start: 'starts', holding: 'is running', end: 'ended' }[event.edge];
  return `background ${event.job} ${doing}, to collide with ${event.step}`;
}

function suffix(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `: ${text}`;
}

function failed(outcome: Outcome | undefined): string {
  return `failed${outcome ? failure(outcome) : ''}`;
}

function failure(outcome: Outcome): string {
  return outcome.ok ? '' : `: ${outcome.sqlState ?? outcome.code} ${outcome.message}`;
}
