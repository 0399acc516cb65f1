import { escapeHtml } from './escape-html.js';

/** What the browser runs and looks by, as `npm run build` bundled it, with the SHA-256 of each in base64. */
export interface PageAssets {
  script: string;
  style: string;
  scriptSha256: string;
  styleSha256: string;
}

export interface PageInput {
  title: string;
  /** Handed to the script as JSON; it never becomes markup. */
  data: unknown;
  assets: PageAssets;
  /** What stands there where no script runs: lines of plain text. */
  withoutScript: readonly string[];
}

/**
 * One self-contained HTML document: no network, and no script or style but these two, which the content security
 * policy names by their hashes. Hostile text in `data` stays data: it is in an inert block, without any `<`.
 */
export function renderPage({ title, data, assets, withoutScript }: PageInput): string {
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${assets.scriptSha256}'`,
    `style-src 'sha256-${assets.styleSha256}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    // Without it a browser asks its server for one.
    '<link rel="icon" href="data:,">',
    `<title>${escapeHtml(title)}</title>`,
    `<style>${assets.style}</style>`,
    '</head>',
    '<body>',
    `<div id="page"><noscript>${withoutScript.map((line) => `<p>${escapeHtml(line)}</p>`).join('')}</noscript></div>`,
    `<script type="application/json" id="page-data">${inertJson(data)}</script>`,
    `<script>${assets.script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** JSON that nothing in can end the block it stands in, nor be anything but JSON: without `<`, U+2028 and U+2029. */
function inertJson(data: unknown): string {
  return JSON.stringify(data)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
