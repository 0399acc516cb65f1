import { cutApart } from '../foundation/cut-apart.js';
import { formatMs } from '../foundation/units.js';
import type { ResidueItem, ResidueReport } from '../model/residue.js';
import { plain, plural } from './plain-text.js';

const longest = 60;
const mostChanges = 3;

export interface ResidueRow {
  path: string;
  change: string;
  origin: string;
  what: string;
  command?: string;
}

/** What was left behind, the upgrade's own first. */
export function residueRows({ items }: ResidueReport): ResidueRow[] {
  const rank = { attributed: 0, unknown: 1, unattributed: 2, 'pre-existing': 3 } as const;
  return items
    .toSorted((a, b) => rank[a.origin] - rank[b.origin])
    .map((item) => ({
      path: plain(item.path),
      change: item.change,
      origin: originText(item),
      what: whatText(item),
      ...(item.command !== undefined && { command: plain(item.command) }),
    }));
}

function originText({ origin }: ResidueItem): string {
  return {
    attributed: 'the upgrade',
    unattributed: 'after S1',
    unknown: 'unknown',
    'pre-existing': 'before it',
  }[origin];
}

function whatText({ changes, note, odd, nowKey }: ResidueItem): string {
  const of = changes
    .slice(0, mostChanges)
    .map(
      ({ path, before, after }) =>
        `${path === '$' ? '' : `${path.replace(/^\$\.?/, '')}: `}${cutApart(shown(before), shown(after), longest).join(' → ')}`,
    );
  const parts = [
    ...(nowKey === undefined ? [] : [`now ${nowKey}`]),
    ...(odd === undefined ? [] : [odd]),
    ...(note === undefined ? of : [note]),
  ];
  return plain(`${parts.join('; ')}${changes.length > mostChanges ? '; …' : ''}`);
}

function shown(value: unknown): string {
  return value === undefined ? 'none' : JSON.stringify(value);
}

/** How many probes were read, when, and how they came out: never "nothing" without what could not be read. */
export function residueHeadline({ probes, snapshots, items }: ResidueReport): string {
  const of = (state: string) => probes.filter((probe) => probe.state === state);
  const left = items.filter(({ origin }) => origin !== 'pre-existing').length;
  const bad = [
    ...of('unknown').map(
      ({ probe, unknown }) =>
        `${probe} is unknown (${unknown.map(({ snapshot, reason }) => `${snapshot}: ${reason}`).join('; ')})`,
    ),
    ...of('unstable').map(
      ({ probe, unstable }) => `${probe} flaps by itself (${unstable.slice(0, 3).join('; ')})`,
    ),
  ];
  const shownBad = bad.slice(0, 4).join('; ') + (bad.length > 4 ? `; and ${bad.length - 4} more` : '');
  const ignored = of('ignored').length;
  const bases = probes.flatMap(({ probe, note }) => (note === undefined ? [] : [`${probe}: ${note}`]));
  return plain(
    `${plural(probes.length, 'probe')} at ${snapshots.map(({ name }) => name).join(', ')}: ` +
      `${plural(of('clean').length, 'probe')} as before, ${left === 0 ? 'nothing' : plural(left, 'thing')} left behind` +
      `${[`${ignored > 0 ? `, ${ignored} ignored` : ''}`, ...(bad.length > 0 ? [shownBad] : []), ...bases].join('. ')}.`,
  );
}

/** What the cleanup did, and whether S3 = S0 proves it. */
export function cleanupText({ cleanup }: ResidueReport): string[] {
  if (!cleanup) return [];
  const rounds = ([1, 2] as const).map((round) => {
    const runs = cleanup.runs.filter((run) => run.round === round);
    const tookMs = runs.reduce((sum, { fromUs, toUs }) => sum + (toUs - fromUs) / 1000, 0);
    const failed = runs.filter(({ ok }) => !ok);
    const how =
      failed.length === 0
        ? 'all ended well'
        : `failed: ${failed.map(({ name, message }) => `${name} (${message ?? ''})`).join(', ')}`;
    return `Round ${round}: ${plural(runs.length, 'command')}, ${formatMs(tookMs)}, ${how}.`;
  });
  const left = cleanup.items.map(({ path }) => path);
  const proof = cleanup.proven
    ? 'Proven: S3 = S0 after the first round and after the second.'
    : `Not proven: ${[
        ...(left.length > 0
          ? [`still there: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ', …' : ''}`]
          : []),
        ...(cleanup.afterFirst.length > 0 && left.length === 0 ? ['it needs a second run'] : []),
        ...cleanup.unknown.slice(0, 3).map(({ probe, reason }) => `${probe} is unknown (${reason})`),
        ...(cleanup.runs.some(({ ok }) => !ok) ? ['a command failed'] : []),
      ].join('; ')}.`;
  return [plain(`Cleanup. ${rounds.join(' ')} ${proof}`)];
}
