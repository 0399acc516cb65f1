import { useMemo, useState } from 'preact/hooks';
import { formatRunTime, formatWindow } from '../report/run-time.js';
import { BandLanes } from './band-lanes.js';
import { Chart } from './chart.js';
import type { TimeWindow } from './chart-types.js';
import { useCursor, type Cursor } from './cursor.js';
import { EndpointPicker } from './endpoint-picker.js';
import { asCount, asSessions } from './format.js';
import { LockLanes } from './lock-lanes.js';
import { allEndpoints, type PageStore } from './page-store.js';
import { percentileNames, TrafficCharts, type Percentile } from './traffic-charts.js';
import { WaitDetails } from './wait-details.js';

/** What of a timeline is looked at; it belongs to the page, since findings lead to it. */
export interface TimelineView {
  /** Null: all of it. */
  window: TimeWindow | null;
  /** The judged window of the finding that was followed. */
  highlight: TimeWindow | null;
  /** Indexes into the endpoints, and `allEndpoints`. */
  endpoints: number[];
  /** Index into the lock waits. */
  wait: number | null;
}

interface TimelineProps {
  store: PageStore;
  view: TimelineView;
  onView: (view: TimelineView) => void;
  cursor: Cursor;
}

/** The first endpoints with the most to see: at most four, or all of them together where there are more than six. */
export function firstView({ data }: PageStore): TimelineView {
  const blamed = new Set(
    data.findings.flatMap(({ findings }) => findings.flatMap(({ evidence }) => evidence.endpoint ?? [])),
  );
  const all = [...data.traffic.endpoints.keys()];
  const endpoints = all.length <= 5 ? all : [allEndpoints, ...[...blamed].slice(0, 3)];
  return { window: null, highlight: null, endpoints, wait: null };
}

/** One time axis for everything: what happened, the traffic, who waited behind whom. */
export function Timeline({ store, view, onView, cursor }: TimelineProps) {
  const { data } = store;
  const [percentiles, setPercentiles] = useState<Percentile[]>(['p99']);
  const [log, setLog] = useState(true);
  const whole = { from: data.span.fromUs / 1e6, to: data.span.toUs / 1e6 };
  const window = view.window ?? whole;
  const xs = useMemo(() => store.seconds(), [store, store.version]);
  const zoom = (wanted: TimeWindow | null) => onView({ ...view, window: wanted && clamped(wanted, whole) });
  const zoomToUs = ({ fromUs, toUs }: { fromUs: number; toUs: number }) => zoom(around(fromUs, toUs));
  const shared = { xs, window, onZoom: zoom, cursor, bands: data.bands, highlight: view.highlight };
  return (
    <section id="timeline" aria-labelledby="timeline-title" tabIndex={-1}>
      <h2 id="timeline-title">Timeline</h2>
      <p class="about">
        One axis for everything: minutes and seconds since the run began. Drag across a chart to zoom all of
        them; double-click to see all again.
      </p>
      <div class="controls">
        <EndpointPicker
          names={data.traffic.endpoints.map(({ name }) => name)}
          chosen={view.endpoints}
          onChoose={(endpoints) => onView({ ...view, endpoints })}
        />
        <fieldset class="picker">
          <legend>Response time</legend>
          <div class="choices">
            {(['p50', 'p99', 'p999'] as const).map((name) => (
              <label key={name} class="choice">
                <input
                  type="checkbox"
                  checked={percentiles.includes(name)}
                  onChange={(event) => {
                    const chosen = event.currentTarget.checked
                      ? [...percentiles, name]
                      : percentiles.filter((one) => one !== name);
                    setPercentiles(chosen);
                  }}
                />
                <span>{percentileNames[name]}</span>
              </label>
            ))}
            <label class="choice">
              <input
                type="checkbox"
                checked={log}
                onChange={(event) => setLog(event.currentTarget.checked)}
              />
              <span>logarithmic</span>
            </label>
          </div>
        </fieldset>
      </div>
      <ZoomBar window={window} whole={whole} onZoom={zoom} />
      <Instant xs={xs} window={window} cursor={cursor} />
      <BandLanes bands={data.bands} window={window} onPick={zoomToUs} />
      <TrafficCharts
        {...shared}
        store={store}
        endpoints={view.endpoints}
        percentiles={percentiles}
        log={log}
      />
      <h3 id="lock-waits" tabIndex={-1}>
        Lock waits
      </h3>
      {data.locks === null ? (
        <p class="line unknown">
          Not recorded: nothing watched for lock waits, so nothing can be said about them.
        </p>
      ) : (
        <>
          <Chart
            {...shared}
            title="Sessions that waited for a lock"
            about="The most that waited at one instant of each second; a second that was not sampled is a gap, not a zero."
            series={[
              {
                label: 'waiting',
                color: '--quiet',
                values: store.column(data.locks.blocked),
                filled: true,
                letter: 'w',
              },
              {
                label: 'behind a step',
                color: '--bad',
                values: store.column(data.locks.behindSteps),
                filled: true,
                dash: [6, 3],
                letter: 's',
              },
            ]}
            format={asSessions}
            axisFormat={asCount}
            stepped
            height={120}
            gaps={['lock gap']}
          />
          <LockLanes
            locks={data.locks}
            version={store.version}
            bands={data.bands}
            window={window}
            selected={view.wait}
            onPick={(wait) => onView({ ...view, wait })}
          />
          <WaitDetails locks={data.locks} wait={view.wait} onZoom={zoomToUs} />
        </>
      )}
    </section>
  );
}

/** With a fifth of its length on either side, two seconds at least. */
export function around(fromUs: number, toUs: number): TimeWindow {
  const margin = Math.max((toUs - fromUs) / 5e6, 1);
  return { from: fromUs / 1e6 - margin, to: toUs / 1e6 + margin };
}

function clamped({ from, to }: TimeWindow, whole: TimeWindow): TimeWindow {
  const length = Math.min(Math.max(to - from, 0.2), whole.to - whole.from);
  const start = Math.min(Math.max(from, whole.from), whole.to - length);
  return { from: start, to: start + length };
}

interface ZoomBarProps {
  window: TimeWindow;
  whole: TimeWindow;
  onZoom: (window: TimeWindow | null) => void;
}

function ZoomBar({ window, whole, onZoom }: ZoomBarProps) {
  const length = window.to - window.from;
  const middle = (window.from + window.to) / 2;
  const scaled = (by: number) => onZoom({ from: middle - (length * by) / 2, to: middle + (length * by) / 2 });
  const moved = (by: number) => onZoom({ from: window.from + length * by, to: window.to + length * by });
  const isWhole = length >= whole.to - whole.from - 0.001;
  return (
    <div class="zoom-bar" role="toolbar" aria-label="Zoom">
      <button type="button" onClick={() => moved(-0.5)} disabled={isWhole} aria-label="earlier">
        ←
      </button>
      <button type="button" onClick={() => scaled(0.5)} aria-label="zoom in">
        +
      </button>
      <button type="button" onClick={() => scaled(2)} disabled={isWhole} aria-label="zoom out">
        −
      </button>
      <button type="button" onClick={() => moved(0.5)} disabled={isWhole} aria-label="later">
        →
      </button>
      <button type="button" onClick={() => onZoom(null)} disabled={isWhole}>
        All
      </button>
      <output>{formatWindow(window.from * 1e6, window.to * 1e6)}</output>
    </div>
  );
}

/** The pointer for who has no mouse: the values of that instant stand in every legend. */
function Instant({ xs, window, cursor }: { xs: readonly number[]; window: TimeWindow; cursor: Cursor }) {
  const at = useCursor(cursor);
  const step = (xs[1] ?? 1) - (xs[0] ?? 0);
  const inside = xs.filter((x) => x >= window.from && x <= window.to);
  const [first = window.from] = inside;
  return (
    <label class="instant-slider">
      <span>Instant</span>
      <input
        type="range"
        min={first}
        max={inside.at(-1) ?? first}
        step={step}
        value={at ?? first}
        aria-valuetext={at === null ? 'none' : formatRunTime(at * 1e6)}
        onInput={(event) => cursor.set(Number(event.currentTarget.value))}
      />
      <output>{at === null ? 'none' : formatRunTime(at * 1e6)}</output>
    </label>
  );
}
