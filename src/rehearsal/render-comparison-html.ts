import type { Comparison } from '../model/comparison.js';
import { comparisonPageOf } from '../report/html/comparison/comparison-page-of.js';
import { renderPage } from '../report/html/render-page.js';
import { readPageAssets } from '../results/read-page-assets.js';

/**
 * A comparison as one self-contained HTML document. Throws a DtenError where the page's script or style is missing
 * from the installation.
 */
export async function renderComparisonHtml(comparison: Comparison): Promise<string> {
  const data = comparisonPageOf(comparison);
  return renderPage({
    title: `${data.verdict}: comparison of ${data.scenario}`,
    data,
    assets: await readPageAssets('comparison'),
    withoutScript: [
      `${data.verdict}: ${data.because.join('; ')}`,
      data.restsOn,
      ...data.notices.map(({ text }) => text),
      'This page draws its charts and tables with a script; without one, `dten compare` prints the same in a terminal.',
    ],
  });
}
