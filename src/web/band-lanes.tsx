import { formatMs } from '../foundation/units.js';
import type { PageBand } from '../model/page-data.js';
import { formatWindow } from '../report/run-time.js';
import type { TimeWindow } from './chart-types.js';
import { Lanes, type Lane, type LaneItem } from './lanes.js';
import { packLanes } from './pack-lanes.js';

interface BandLanesProps {
  bands: readonly PageBand[];
  window: TimeWindow;
  onPick: (window: { fromUs: number; toUs: number }) => void;
}

const kinds = [
  ['phase', 'phases'],
  ['step', 'steps'],
  ['statement', 'SQL'],
  ['background', 'jobs'],
  ['load gap', 'pauses'],
  ['event', 'deaths'],
] as const;

/** What happened when: phases, steps, statements, background jobs, pauses of the load. Picking one zooms to it. */
export function BandLanes({ bands, window, onPick }: BandLanesProps) {
  const items = new Map<LaneItem, PageBand>();
  const lanes = kinds.flatMap(([kind, label]): Lane[] =>
    packLanes(bands.filter((band) => band.kind === kind)).map((row, at) => ({
      label: at === 0 ? label : '',
      items: row.map((band, of) => {
        const item = itemOf(band, `${kind}-${at}-${of}`);
        items.set(item, band);
        return item;
      }),
    })),
  );
  return (
    <Lanes
      name="Phases, steps and statements"
      lanes={lanes}
      window={window}
      onPick={(item) => {
        const band = items.get(item);
        if (band) onPick(band);
      }}
    />
  );
}

function itemOf({ kind, label, fromUs, toUs, failed, detail, phase, side }: PageBand, id: string): LaneItem {
  const when = kind === 'event' ? formatWindow(fromUs, toUs).split('–')[0] : formatWindow(fromUs, toUs);
  const took = kind === 'event' ? '' : `, ${formatMs((toUs - fromUs) / 1000)}`;
  return {
    id,
    fromUs,
    toUs,
    label,
    title: [
      `${kind} ${label}${detail === undefined ? '' : ` (${detail})`}`,
      `${when}${took}`,
      ...(failed === undefined ? [] : [`failed: ${failed}`]),
    ].join('; '),
    class: [
      kind.replace(' ', '-'),
      ...(phase === undefined ? [] : [`phase-${phase}`]),
      ...(side === undefined ? [] : [side]),
      ...(failed === undefined ? [] : ['failed']),
    ].join(' '),
  };
}
