import { html } from '../pages/html.js';
import { shell } from '../pages/shell.js';
import { siteStyle } from '../pages/site-style.js';

/** The page that follows a rehearsal; its script does the rest. */
export function livePage(): string {
  return shell({
    title: 'dten: rehearsal in progress',
    styles: [siteStyle, '/assets/live.css'],
    scripts: ['/assets/live.js'],
    body: html`<div id="page">
      <noscript
        ><p>This page follows a rehearsal with a script; without one, the terminal shows it too.</p></noscript
      >
    </div>`,
  });
}
