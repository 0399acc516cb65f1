import type { StampedEvent } from '../../model/observation.js';
import type { PageBand } from '../../model/page-data.js';
import type { PlannedStep } from '../../model/plan.js';
import type { ResultView } from '../../model/result.js';
import { oneLine, plain, stepName } from '../plain-text.js';

type Of<T extends StampedEvent['type']> = Extract<StampedEvent, { type: T }>;

/** Statements that a page draws at most: those that failed and the longest. A backfill may have a hundred thousand. */
const mostStatements = 2_000;

/** How many of the statements are not among a page's bands. */
export function statementsLeftOut({ events }: Pick<ResultView, 'events'>): number {
  const ran = events.filter((event) => event.type === 'statement' && event.edge === 'start').length;
  return Math.max(0, ran - mostStatements);
}

/** What happened when, for the time axis: phases, steps by attempt, statements, background jobs, gaps, deaths. */
export function pageBands(
  view: Pick<ResultView, 'phases' | 'steps' | 'gaps' | 'events' | 'lockCoverage' | 'plan'>,
  lastUs: number,
): PageBand[] {
  return [
    ...view.phases.map(({ phase, fromUs, toUs }) => ({
      kind: 'phase' as const,
      label: phase,
      phase,
      fromUs,
      toUs,
    })),
    ...stepBands(view),
    ...longest(statementBands(view, lastUs)),
    ...backgroundBands(view.events, lastUs),
    ...view.gaps.map(({ fromUs, toUs, purpose }) => ({
      kind: 'load gap' as const,
      label: 'no load',
      detail: plain(purpose),
      fromUs,
      toUs,
    })),
    ...(view.lockCoverage?.gaps ?? []).map(([fromUs, toUs]) => ({
      kind: 'lock gap' as const,
      label: 'lock waits not sampled',
      fromUs,
      toUs,
    })),
    ...view.events.flatMap((event): PageBand[] =>
      event.type === 'service' && event.state === 'died'
        ? [
            {
              kind: 'event',
              label: plain(`${event.replica} of ${event.service} died`),
              fromUs: event.atUs,
              toUs: event.atUs,
              failed: plain(event.detail ?? 'no reason was told'),
            },
          ]
        : [],
    ),
  ];
}

function longest(bands: PageBand[]): PageBand[] {
  if (bands.length <= mostStatements) return bands;
  const rank = ({ failed, fromUs, toUs }: PageBand) => (failed === undefined ? 0 : 1e15) + toUs - fromUs;
  return bands.toSorted((a, b) => rank(b) - rank(a)).slice(0, mostStatements);
}

function stepBands({ steps }: Pick<ResultView, 'steps'>): PageBand[] {
  return steps.flatMap(({ step, side, attempts }) =>
    attempts.map(({ attempt, fromUs, toUs, ok, code, message }) => ({
      kind: 'step' as const,
      label: plain(stepName(step)),
      side,
      fromUs,
      toUs,
      ...(attempts.length > 1 && { detail: `attempt ${attempt} of ${attempts.length}` }),
      ...(!ok && { failed: plain(`${code ?? ''} ${message ?? 'no end of it is recorded'}`.trim()) }),
    })),
  );
}

/** Statements of sql steps, as they ran under load; the lock is held to the end of the transaction, which may be later. */
function statementBands({ events, plan }: Pick<ResultView, 'events' | 'plan'>, lastUs: number): PageBand[] {
  const steps = new Map([...plan.upgrade, ...plan.rollback].map((step) => [step.id, step]));
  return spans(
    events.filter((event): event is Of<'statement'> => event.type === 'statement'),
    ({ step, attempt, index }) => JSON.stringify([step, attempt, index]),
    lastUs,
  ).map(({ start, end, fromUs, toUs }) => {
    const outcome = end?.outcome;
    const failed = end === undefined ? 'no end of it is recorded' : outcome?.ok === false && outcome.message;
    const side = steps.get(start.step)?.side;
    return {
      kind: 'statement' as const,
      label: statementLabel(steps.get(start.step), start.index),
      detail: plain(`${start.step}, attempt ${start.attempt}, statement ${start.index + 1}`),
      ...(side && { side }),
      fromUs,
      toUs,
      ...(typeof failed === 'string' && { failed: plain(failed) }),
    };
  });
}

function statementLabel(step: PlannedStep | undefined, index: number): string {
  const text = step?.source?.statements.find((statement) => statement.index === index)?.text;
  return text === undefined ? `statement ${index + 1}` : oneLine(text);
}

/** Only what a job did for a step: its periodic runs say nothing of when. */
function backgroundBands(events: readonly StampedEvent[], lastUs: number): PageBand[] {
  return spans(
    events.filter(
      (event): event is Of<'background'> =>
        event.type === 'background' && event.step !== undefined && event.edge !== 'holding',
    ),
    ({ job, step }) => JSON.stringify([job, step]),
    lastUs,
  ).map(({ start, end, fromUs, toUs }) => {
    const failed = end?.outcome?.ok === false ? end.outcome.message : undefined;
    return {
      kind: 'background' as const,
      label: plain(start.job),
      detail: plain(`to collide with ${start.step ?? ''}`),
      fromUs,
      toUs,
      ...(failed !== undefined && { failed: plain(failed) }),
    };
  });
}

interface Edge {
  edge: string;
  atUs: number;
}

/** Starts with the ends that follow them; what nothing ended lasts until `lastUs`. */
function spans<T extends Edge>(
  edges: readonly T[],
  keyOf: (edge: T) => string,
  lastUs: number,
): { start: T; end: T | undefined; fromUs: number; toUs: number }[] {
  const open = new Map<string, number>();
  const found: { start: T; end: T | undefined; fromUs: number; toUs: number }[] = [];
  for (const edge of edges) {
    const key = keyOf(edge);
    const at = open.get(key);
    if (edge.edge === 'start') {
      open.set(key, found.length);
      found.push({ start: edge, end: undefined, fromUs: edge.atUs, toUs: Math.max(edge.atUs, lastUs) });
    } else if (at !== undefined) {
      const span = found[at];
      // Where a clock jumped, an end may lie before its start.
      if (span) found[at] = { ...span, end: edge, toUs: Math.max(span.fromUs, edge.atUs) };
      open.delete(key);
    }
  }
  return found;
}
