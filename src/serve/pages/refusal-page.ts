import { html } from './html.js';
import { shell } from './shell.js';
import { siteStyle } from './site-style.js';

/** Says what was refused and the way out. */
export function refusalPage(status: number, why: string): string {
  return shell({
    title: `dten: ${status}`,
    styles: [siteStyle],
    body: html`<main class="narrow">
      <h1>${status}</h1>
      <p>${why}</p>
    </main>`,
  });
}
