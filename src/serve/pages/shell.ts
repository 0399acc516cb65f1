import { html, type Html } from './html.js';

export interface Shell {
  title: string;
  /** Paths of style sheets and scripts of this server. */
  styles: readonly string[];
  scripts?: readonly string[];
  body: Html;
  /** Loads itself again so often. */
  refreshSeconds?: number;
}

/** A whole page. */
export function shell({ title, styles, scripts = [], body, refreshSeconds }: Shell): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${title}</title>
        <link rel="icon" href="data:," />
        ${styles.map((path) => html`<link rel="stylesheet" href="${path}" />`)}
        ${scripts.map((path) => html`<script type="module" src="${path}"></script>`)}
      </head>
      <body>
        ${body}
      </body>
    </html>`;
  return `${page.text}\n`;
}
