import { formatBytes, formatCount } from '../foundation/units.js';
import type { Comparison, ComparisonDifference } from '../model/comparison.js';
import type { PairedRuns } from './pair-runs.js';
import type { RunProfile } from './profile/run-profile.js';
import { machine, parts, planned, type Attribute } from './run-attributes.js';

/** Tables of one generator differ by a few pages; what differs by more is another size of data. */
const sameSize = 0.05;
const notTold = 'not told';

/** What is not alike on the two sides, or within one of them; void first. */
export function comparability(runs: PairedRuns): ComparisonDifference[] {
  const { baseline, candidate } = runs;
  if (baseline.length === 0 || candidate.length === 0) return [];
  const compare =
    (weight: ComparisonDifference['weight']) =>
    ([what, of]: Attribute): ComparisonDifference[] => {
      const [a, b] = [valuesOf(baseline, of), valuesOf(candidate, of)];
      if (a.length === 1 && b.length === 1 && a[0] === b[0]) return [];
      return [{ weight, what, baseline: a.join(' or '), candidate: b.join(' or ') }];
    };
  const settings = new Set(
    [...baseline, ...candidate].flatMap(({ fingerprint }) => Object.keys(fingerprint?.settings ?? {})),
  );
  const setting = (name: string): Attribute => [
    `setting ${name}`,
    ({ fingerprint: f }) => (f ? (f.settings[name] ?? 'not set') : undefined),
  ];
  return [
    ...compare('void')(['scenario', ({ run }) => run.scenario]),
    ...compare('void')(['offered rate', ({ plan }) => `${plan.scenario.traffic.rate}/s`]),
    ...nothingInCommon(runs),
    ...machine.flatMap(compare('warning')),
    ...notInterleaved(runs),
    ...planned.flatMap(compare('note')),
    ...parts
      .flatMap(compare('note'))
      .map((one) => ({ ...one, baseline: 'as it is', candidate: 'not alike' })),
    ...trafficParts(runs),
    ...[...settings].sort().map(setting).flatMap(compare('note')),
    ...tableSizes(runs),
  ];
}

/** Endpoints of both sides in the baseline's order, and those of one only. */
export function endpointsOf({
  baseline,
  candidate,
}: PairedRuns): Comparison['onlyIn'] & { common: string[] } {
  const names = (runs: readonly RunProfile[]) => [...new Set(runs.flatMap(({ endpoints }) => endpoints))];
  const [a, b] = [names(baseline), names(candidate)];
  const [inA, inB] = [new Set(a), new Set(b)];
  return {
    common: a.filter((name) => inB.has(name)),
    baseline: a.filter((name) => !inB.has(name)),
    candidate: b.filter((name) => !inA.has(name)),
  };
}

function valuesOf(runs: readonly RunProfile[], of: Attribute[1]): string[] {
  return [...new Set(runs.map((run) => of(run) ?? notTold))];
}

function nothingInCommon(runs: PairedRuns): ComparisonDifference[] {
  const { common, baseline, candidate } = endpointsOf(runs);
  if (common.length > 0) return [];
  const what = 'endpoints: none is on both sides';
  return [{ weight: 'void', what, baseline: listed(baseline), candidate: listed(candidate) }];
}

function notInterleaved({ pairing, interleaved, baseline, candidate }: PairedRuns): ComparisonDifference[] {
  if (pairing === 'one run a side' || interleaved) return [];
  const span = (runs: readonly RunProfile[]) => {
    const starts = runs.map(({ run }) => run.startedAt).sort();
    return `${starts[0] ?? ''} … ${starts.at(-1) ?? ''}`;
  };
  return [
    {
      weight: 'warning',
      what: 'one side ran after the other: what drifts on the machine looks like a change',
      baseline: span(baseline),
      candidate: span(candidate),
    },
  ];
}

/** Endpoints of both sides whose share of the traffic or whose request is not the same. */
function trafficParts(runs: PairedRuns): ComparisonDifference[] {
  const changed = (of: (run: RunProfile, name: string) => unknown) => {
    return endpointsOf(runs).common.filter((name) => {
      const seen = [...runs.baseline, ...runs.candidate].map((run) => JSON.stringify(of(run, name)));
      return new Set(seen).size > 1;
    });
  };
  const endpointOf = ({ plan }: RunProfile, name: string) => plan.scenario.traffic.endpoints[name];
  const note = (what: string, names: string[]): ComparisonDifference[] =>
    names.length === 0
      ? []
      : [{ weight: 'note', what: `${what}: ${listed(names)}`, baseline: 'as it is', candidate: 'not alike' }];
  return [
    ...note(
      'share of the traffic',
      changed((run, name) => shareOf(run, name)),
    ),
    ...note(
      'what is requested',
      changed((run, name) => ({ ...endpointOf(run, name), weight: undefined })),
    ),
  ];
}

function shareOf({ plan }: RunProfile, name: string): string {
  const { endpoints } = plan.scenario.traffic;
  const all = Object.values(endpoints).reduce((sum, { weight }) => sum + weight, 0);
  return ((endpoints[name]?.weight ?? 0) / all).toPrecision(6);
}

function tableSizes({ baseline, candidate }: PairedRuns): ComparisonDifference[] {
  const tables = new Set(
    [...baseline, ...candidate].flatMap(({ fingerprint }) => Object.keys(fingerprint?.tables ?? {})),
  );
  return [...tables].sort().flatMap((table): ComparisonDifference[] => {
    const seen = (runs: readonly RunProfile[]) => {
      const sizes = runs.flatMap(({ fingerprint }) => fingerprint?.tables[table] ?? []);
      const most = (of: (size: { rows: number; bytes: number }) => number) =>
        sizes.reduce((top, size) => Math.max(top, of(size)), 0);
      return sizes.length === 0
        ? undefined
        : { rows: most(({ rows }) => rows), bytes: most(({ bytes }) => bytes) };
    };
    const [a, b] = [seen(baseline), seen(candidate)];
    if (a && b && isAlike(a.rows, b.rows) && isAlike(a.bytes, b.bytes)) return [];
    const text = (size: typeof a) =>
      size ? `${formatCount(size.rows)} rows, ${formatBytes(size.bytes)}` : 'none';
    return [{ weight: 'note', what: `table ${table}`, baseline: text(a), candidate: text(b) }];
  });
}

function isAlike(a: number, b: number): boolean {
  return Math.abs(a - b) <= sameSize * Math.max(a, b);
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown || 'none';
}
