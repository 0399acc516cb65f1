import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageEvidence } from '../model/page-data.js';
import { Cursor } from './cursor.js';
import { FindingList } from './finding-list.js';
import { GaugeCharts } from './gauge-charts.js';
import type { PageStore } from './page-store.js';
import { Percentiles } from './percentiles.js';
import { RuleList } from './rule-list.js';
import { SectionView } from './section-view.js';
import { showAnchor } from './show-anchor.js';
import { around, firstView, Timeline } from './timeline.js';
import { VerdictHead } from './verdict-head.js';

/** The whole report of a result, or of a rehearsal as it runs. */
export function ReportPage({ store }: { store: PageStore }) {
  const [, setVersion] = useState(store.version);
  useEffect(() => store.listen(() => setVersion(store.version)), [store]);
  const { data } = store;
  const [view, setView] = useState(() => firstView(store));
  const cursor = useRef(new Cursor()).current;
  const [goal, setGoal] = useState<{ anchor: string } | null>(null);
  // After the render that made what is gone to.
  useEffect(() => {
    if (goal) showAnchor(goal.anchor);
  }, [goal]);
  const show = ({ fromUs, toUs, endpoint, wait, anchor }: PageEvidence) => {
    if (fromUs !== undefined && toUs !== undefined) {
      setView({
        ...view,
        window: around(fromUs, toUs),
        highlight: { from: fromUs / 1e6, to: toUs / 1e6 },
        endpoints: endpoint === undefined || view.endpoints.includes(endpoint) ? view.endpoints : [endpoint],
        wait: wait ?? view.wait,
      });
    }
    if (anchor !== undefined) setGoal({ anchor });
  };
  const whole = { from: data.span.fromUs / 1e6, to: data.span.toUs / 1e6 };
  const shared = {
    window: view.window ?? whole,
    onZoom: (window: typeof view.window) => setView({ ...view, window }),
    cursor,
    bands: data.bands,
    highlight: view.highlight,
  };
  const gaugesOf: Record<string, typeof data.server> = { server: data.server, health: data.health };
  return (
    <>
      <a class="skip" href="#findings">
        To the findings
      </a>
      <VerdictHead data={data} />
      <Contents store={store} />
      <main>
        <section id="findings" aria-labelledby="findings-title" tabIndex={-1}>
          <h2 id="findings-title">{data.state === 'running' ? 'Findings so far' : 'Findings'}</h2>
          {data.findings.length === 0 ? <p class="line">No rule found anything.</p> : null}
          <FindingList groups={data.findings} onShow={show} />
          {data.notRehearsed.length > 0 ? (
            <>
              <h3>Not rehearsed</h3>
              <ul>
                {data.notRehearsed.map((text, at) => (
                  <li key={at}>{text}</li>
                ))}
              </ul>
            </>
          ) : null}
          <RuleList rules={data.rules} />
        </section>
        <Timeline store={store} view={view} onView={setView} cursor={cursor} />
        <Percentiles store={store} />
        {data.sections.map((section) => {
          const gauges = gaugesOf[section.id];
          return (
            <SectionView key={section.id} section={section}>
              {gauges ? <GaugeCharts store={store} gauges={gauges} {...shared} /> : null}
            </SectionView>
          );
        })}
      </main>
      <footer>
        <p>
          Made by dten from the result {data.id} alone. Times are minutes and seconds since the run began (
          {data.startedAt}).
        </p>
      </footer>
    </>
  );
}

function Contents({ store: { data } }: { store: PageStore }) {
  return (
    <nav aria-label="Contents">
      <ul>
        <li>
          <a href="#findings">Findings</a>
        </li>
        <li>
          <a href="#timeline">Timeline</a>
        </li>
        <li>
          <a href="#percentiles">Percentiles</a>
        </li>
        {data.sections.map(({ id, title }) => (
          <li key={id}>
            <a
              href={`#${id}`}
              onClick={(event) => {
                event.preventDefault();
                showAnchor(id);
              }}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
