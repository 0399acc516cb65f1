import { useEffect, useRef, useState } from 'preact/hooks';
import { formatMs } from '../foundation/units.js';
import { formatRunTime } from '../report/run-time.js';
import { AbortButton } from './abort-button.js';
import { Cursor } from './cursor.js';
import { FindingList } from './finding-list.js';
import type { LiveConnection } from './live-connection.js';
import type { LiveStore } from './live-store.js';
import { LockQueueView } from './lock-queue.js';
import type { PageStore } from './page-store.js';
import { showAnchor } from './show-anchor.js';
import { firstView, Timeline } from './timeline.js';

/** A rehearsal while it runs; when it has ended, the browser goes on to its report. */
export function LivePage({ store, connection }: { store: LiveStore; connection: LiveConnection }) {
  const [, setVersion] = useState(0);
  useEffect(() => store.listen(() => setVersion((version) => version + 1)), [store]);
  useEffect(() => connection.listen(() => setVersion((version) => version + 1)), [connection]);
  const { begin, page } = store;
  return (
    <>
      <header class="live-head">
        <h1>{begin ? `Rehearsing ${begin.scenario}` : 'dten'}</h1>
        <p class="subject">
          {begin
            ? `started ${begin.startedAt.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')} · ${begin.subject}`
            : ''}
        </p>
        <p class="now" role="status">
          {nowText(store)}
        </p>
        <p class={`connection ${connection.state}`}>{connectionText(connection)}</p>
        {store.end ? null : <AbortButton aborting={store.aborting} onAbort={() => connection.abort()} />}
      </header>
      <main>
        <section id="findings" aria-labelledby="findings-title" tabIndex={-1}>
          <h2 id="findings-title">Findings so far</h2>
          <p class="about">
            Judged again and again on what is recorded so far; only what has happened is told here, not what
            is still missing. There is no verdict before the end.
          </p>
          <FindingsSoFar store={store} />
        </section>
        <section id="queue" aria-labelledby="queue-title">
          <h2 id="queue-title">Who waits behind whom</h2>
          <LockQueueView queue={store.queue} atUs={store.atUs} />
        </section>
        {page ? (
          <LiveTimeline key={begin?.id} store={page} />
        ) : (
          <p class="line">The charts begin with the traffic.</p>
        )}
        {store.waitsLeftOut > 0 ? (
          <p class="line unknown">
            {store.waitsLeftOut} or more lock waits are not drawn here; the result has all.
          </p>
        ) : null}
        {store.lateSeconds > 0 ? (
          <p class="line unknown">Some requests ended too late to be drawn here; the result has them.</p>
        ) : null}
        <section aria-labelledby="events-title">
          <h2 id="events-title">What happened</h2>
          <pre class="events" tabIndex={0} role="log" aria-labelledby="events-title">
            {store.lines.toReversed().join('\n')}
          </pre>
        </section>
      </main>
    </>
  );
}

function FindingsSoFar({ store: { findings, noFindings } }: { store: LiveStore }) {
  if (noFindings !== undefined)
    return <p class="line unknown">They are not followed any more: {noFindings}</p>;
  if (!findings || findings.asOfUs < 1_000_000)
    return <p class="line unknown">Nothing has been judged yet.</p>;
  const asOf = formatRunTime(findings.asOfUs);
  if (findings.findings.length === 0) return <p class="line">None up to {asOf}.</p>;
  return (
    <>
      <p class="line">Up to {asOf}:</p>
      <FindingList
        groups={findings.findings}
        onShow={({ anchor }) => showAnchor(anchor === undefined ? 'timeline' : anchor)}
      />
    </>
  );
}

function LiveTimeline({ store }: { store: PageStore }) {
  const [view, setView] = useState(() => firstView(store));
  const cursor = useRef(new Cursor()).current;
  return <Timeline store={store} view={view} onView={setView} cursor={cursor} />;
}

function nowText({ begin, phase, step, atUs, end, aborting }: LiveStore): string {
  if (end)
    return end.verdict === null ? 'It has ended without a verdict.' : `${end.verdict}: ${end.because ?? ''}`;
  if (aborting) return 'Aborted: it is being torn down, and what was recorded is kept.';
  if (!begin) return 'Nothing is told yet.';
  if (!phase) return 'Preparing: provisioning, tracing the statements, starting services.';
  const elapsedMs = Math.max(0, atUs - phase.fromUs) / 1000;
  const totalMs = begin.phaseMs[phase.name as keyof typeof begin.phaseMs];
  const of = totalMs === undefined ? '' : ` of ${formatMs(totalMs)}`;
  const now =
    phase.name === 'done'
      ? 'The traffic has ended; audits and teardown.'
      : `Phase ${phase.name}, ${formatMs(elapsedMs)}${of}`;
  const doing = step
    ? `; step ${step.name}${step.attempt > 1 ? `, attempt ${step.attempt}` : ''}, ${formatMs(Math.max(0, atUs - step.fromUs) / 1000)}`
    : '';
  return `${now}${doing}`;
}

function connectionText({ state, problem }: LiveConnection): string {
  const texts = {
    connecting: 'Connecting…',
    live: 'Live.',
    lost: 'The connection is lost; trying again. What is shown is what was told until then.',
    over: 'The rehearsal is over.',
  };
  return problem === undefined ? texts[state] : `${texts[state]} ${problem}`;
}
