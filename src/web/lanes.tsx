import { useRef, useState } from 'preact/hooks';
import { formatRunTime } from '../report/run-time.js';
import type { TimeWindow } from './chart-types.js';

export interface LaneItem {
  id: string;
  fromUs: number;
  toUs: number;
  /** Inside, where there is room. */
  label: string;
  /** In full, for the line below and for who does not see it. */
  title: string;
  class: string;
}

export interface Lane {
  /** Beside the row, or, of several rows with one name, beside the first. */
  label: string;
  /** Above the row instead: for names that are longer than the room beside it. */
  above?: boolean;
  items: readonly LaneItem[];
}

interface LanesProps {
  name: string;
  lanes: readonly Lane[];
  window: TimeWindow;
  /** Stretches that are not known, behind all lanes. */
  gaps?: readonly { fromUs: number; toUs: number }[];
  selected?: string | undefined;
  onPick: (item: LaneItem) => void;
}

/** Elements drawn at most: the longest in the window come first. */
const mostItems = 400;

/** Spans of time in rows, on the axis of the charts. The arrow keys go from one to the next, Enter picks it. */
export function Lanes({ name, lanes, window, gaps = [], selected, onPick }: LanesProps) {
  const host = useRef<HTMLDivElement>(null);
  const [told, setTold] = useState<string>();
  const [at, setAt] = useState<string>();
  const { shown, left } = inWindow(lanes, window);
  const place = ({ fromUs, toUs }: { fromUs: number; toUs: number }) => {
    const share = (us: number) => ((us / 1e6 - window.from) / (window.to - window.from)) * 100;
    const start = Math.max(0, share(fromUs));
    return { left: `${start}%`, width: `${Math.max(0, Math.min(100, share(toUs)) - start)}%` };
  };
  const order = shown.flatMap(({ items }) => items.map(({ id }) => id));
  const stop =
    at !== undefined && order.includes(at) ? at : (order.find((id) => id === selected) ?? order[0]);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const next = by === undefined || stop === undefined ? undefined : order[order.indexOf(stop) + by];
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
    host.current?.querySelector<HTMLElement>(`[data-item="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <div
      class="lanes"
      role="group"
      aria-label={`${name}; the arrow keys go from one to the next`}
      ref={host}
      onKeyDown={onKeyDown}
    >
      {shown.map(({ label, above, items }, row) => (
        <div class={above ? 'lane above' : 'lane'} key={row}>
          <span class="lane-label">{label}</span>
          <div class="lane-track">
            {gaps.map((gap, of) => (
              <span key={of} class="lane-gap" style={place(gap)} />
            ))}
            {items.map((item) => (
              <button
                type="button"
                key={item.id}
                data-item={item.id}
                class={`span ${item.class}`}
                style={place(item)}
                tabIndex={item.id === stop ? 0 : -1}
                aria-pressed={item.id === selected}
                aria-label={item.title}
                onClick={() => onPick(item)}
                onFocus={() => {
                  setTold(item.title);
                  setAt(item.id);
                }}
                onMouseEnter={() => setTold(item.title)}
              >
                <span aria-hidden="true">{item.label}</span>
              </button>
            ))}
          </div>
        </div>
      ))}
      <p class="readout" aria-hidden="true">
        {told ?? `${name}: point at one, or go through them with the arrow keys.`}
      </p>
      {left > 0 ? (
        <p class="about">
          The {mostItems} longest are drawn; {left} shorter ones of {formatRunTime(window.from * 1e6)}–
          {formatRunTime(window.to * 1e6)} are left out: zoom in to see them.
        </p>
      ) : null}
    </div>
  );
}

function inWindow(lanes: readonly Lane[], { from, to }: TimeWindow): { shown: Lane[]; left: number } {
  const inside = (item: LaneItem) => item.toUs >= from * 1e6 && item.fromUs <= to * 1e6;
  const all = lanes.flatMap(({ items }) => items.filter(inside));
  const kept = new Set(
    all.length <= mostItems
      ? all
      : all.toSorted((a, b) => b.toUs - b.fromUs - (a.toUs - a.fromUs)).slice(0, mostItems),
  );
  const shown = lanes
    .map((lane) => ({ ...lane, items: lane.items.filter((item) => kept.has(item)) }))
    .filter(({ items }) => items.length > 0);
  return { shown, left: all.length - kept.size };
}
