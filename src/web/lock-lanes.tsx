import { useMemo } from 'preact/hooks';
import { formatMs } from '../foundation/units.js';
import type { PageBand } from '../model/page-data.js';
import type { PageLocks, PageParty, PageWait } from '../model/page-locks.js';
import { formatWindow } from '../report/run-time.js';
import type { TimeWindow } from './chart-types.js';
import { Lanes, type Lane, type LaneItem } from './lanes.js';
import { packLanes } from './pack-lanes.js';

interface LockLanesProps {
  locks: PageLocks;
  /** Raised when waits are added to `locks`. */
  version: number;
  bands: readonly PageBand[];
  window: TimeWindow;
  selected: number | null;
  onPick: (wait: number) => void;
}

/** In this order from the top: who stands in front, then who waits behind it. */
const order: readonly PageParty['kind'][] = [
  'background',
  'other',
  'autovacuum',
  'observer',
  'upgrade',
  'rollback',
  'service',
  'traffic',
];

/** The lock waits on the time axis, a lane for each session that waited or stood in front. */
export function LockLanes({ locks, version, bands, window, selected, onPick }: LockLanesProps) {
  const lanes = useMemo(() => lanesOf(locks), [locks, version]);
  const pick = (item: LaneItem) => {
    const [kind, at] = item.id.split('-');
    if (kind === 'wait') onPick(Number(at));
    else onPick(firstBehind(locks, Number(at)));
  };
  return (
    <div class="lock-lanes">
      <p class="line">{locks.headline}</p>
      <p class="about">{locks.coverage}</p>
      <ul class="legend" aria-label="What the lanes show">
        <li>
          <span class="key holder" /> stood in front, waited for nobody
        </li>
        <li>
          <span class="key of-step" /> a step’s own wait
        </li>
        <li>
          <span class="key behind-step" /> waited behind a step
        </li>
        <li>
          <span class="key other-wait" /> another wait
        </li>
        {bands.some(({ kind }) => kind === 'lock gap') ? (
          <li>
            <span class="key lane-gap" /> not sampled
          </li>
        ) : null}
      </ul>
      {locks.waits.length === 0 ? null : (
        <Lanes
          name="Lock waits"
          lanes={lanes}
          window={window}
          gaps={bands.filter(({ kind }) => kind === 'lock gap')}
          selected={selected === null ? undefined : `wait-${selected}`}
          onPick={pick}
        />
      )}
      {locks.leftOut.waits > 0 ? (
        <p class="line unknown">
          {locks.leftOut.waits} more waits are not on this page (none of them behind a step, the longest{' '}
          {formatMs(locks.leftOut.longestMs)}): they stand in lock-waits.ndjson.
        </p>
      ) : null}
    </div>
  );
}

/** The wait that a picked holder is told by: the longest behind it. */
function firstBehind({ waits, holders }: PageLocks, holder: number): number {
  const span = holders[holder];
  let best = 0;
  for (const [at, wait] of waits.entries()) {
    const behind = span !== undefined && wait.ahead.at(-1) === span.party;
    const best1 = waits[best];
    if (behind && (best1?.ahead.at(-1) !== span.party || wait.durationMs > best1.durationMs)) best = at;
  }
  return best;
}

function lanesOf({ waits, holders, parties }: PageLocks): Lane[] {
  const bySession = new Map<string, { kind: PageParty['kind']; items: LaneItem[] }>();
  const put = (party: PageParty | undefined, item: LaneItem) => {
    if (!party) return;
    const known = bySession.get(party.who);
    if (known) known.items.push(item);
    else bySession.set(party.who, { kind: party.kind, items: [item] });
  };
  for (const [at, { party, fromUs, toUs, waits: behind }] of holders.entries()) {
    const who = parties[party];
    const title = `${who?.who ?? 'a session'} (pid ${who?.pid ?? 'unknown'}) stood in front of ${behind} ${behind === 1 ? 'wait' : 'waits'}, ${formatWindow(fromUs, toUs)}${who?.query === undefined ? '' : `: ${who.query}`}`;
    put(who, {
      id: `holder-${at}`,
      fromUs,
      toUs,
      label: who?.query ?? who?.who ?? '',
      title,
      class: 'holder',
    });
  }
  for (const [at, wait] of waits.entries()) put(parties[wait.waiter], waitItem(wait, at, parties));
  return [...bySession]
    .sort(([, a], [, b]) => order.indexOf(a.kind) - order.indexOf(b.kind))
    .flatMap(([who, { items }]) =>
      packLanes(items).map((row, at): Lane => ({ label: at === 0 ? who : '', above: at === 0, items: row })),
    );
}

function waitItem(wait: PageWait, at: number, parties: readonly PageParty[]): LaneItem {
  const waiter = parties[wait.waiter];
  const ahead = wait.ahead.map((party) => parties[party]?.who ?? 'a session');
  return {
    id: `wait-${at}`,
    fromUs: wait.fromUs,
    toUs: wait.toUs,
    label: `${formatMs(wait.durationMs)} for ${wait.mode}`,
    title:
      `${waiter?.who ?? 'a session'} (pid ${waiter?.pid ?? 'unknown'}) waited ${formatMs(wait.durationMs)} for ${wait.mode} on ${wait.target}` +
      ` behind ${ahead.length === 0 ? 'a session that was not seen' : ahead.join(', behind ')}; ${formatWindow(wait.fromUs, wait.toUs)}; ${wait.ended}`,
    class: { 'behind a step': 'behind-step', 'a step itself': 'of-step', other: 'other-wait' }[wait.whose],
  };
}
