import { describeEvent } from '../../index.js';
import type { StampedEvent } from '../../model/observation.js';
import type { ResultEntry } from '../../model/result-head.js';
import { html } from '../pages/html.js';
import { shell } from '../pages/shell.js';
import { siteStyle } from '../pages/site-style.js';

const shownLines = 40;

/** Of a rehearsal that another process is running: how far it is. It has no verdict, and is not drawn as if it had. */
export function runningPage(entry: ResultEntry, events: readonly StampedEvent[]): string {
  const lines = events.flatMap((event) => describeEvent(event) ?? []).slice(-shownLines);
  const title = `${entry.scenario}: in progress`;
  return shell({
    title: `dten: ${title}`,
    styles: [siteStyle],
    refreshSeconds: 5,
    body: html`<header>
        <nav aria-label="Back"><a href="/">All results</a></nav>
        <h1>${title}</h1>
        <p class="subject">${entry.id}</p>
      </header>
      <main>
        <p>
          Another process is writing to this result; this page loads anew every 5 seconds, and becomes the
          report when the rehearsal has ended. To watch one with its charts and lock queue, start it with
          <code>dten rehearse --live</code>.
        </p>
        <h2>What happened last</h2>
        ${lines.length > 0 ? html`<pre>${lines.join('\n')}</pre>` : html`<p>Nothing is told yet.</p>`}
      </main>`,
  });
}
