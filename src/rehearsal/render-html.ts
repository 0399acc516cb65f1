import { join } from 'node:path';
import { messageOf } from '../foundation/errors.js';
import { resultFiles, type ResultView } from '../model/result.js';
import type { VerdictReport } from '../model/verdict.js';
import { pageDataOf } from '../report/html/page-data-of.js';
import { renderPage } from '../report/html/render-page.js';
import { writeAtomically } from '../results/atomic-write.js';
import { readPageAssets } from '../results/read-page-assets.js';

/**
 * The report as one self-contained HTML document. Throws a DtenError where the page's script or style is missing from
 * the installation.
 */
export async function renderHtml(view: ResultView, verdict: VerdictReport): Promise<string> {
  const data = pageDataOf(view, verdict);
  return renderPage({
    title: `${verdict.verdict}: ${data.scenario} ${data.startedAt}`,
    data,
    assets: await readPageAssets('report'),
    withoutScript: [
      `${verdict.verdict}: ${verdict.because}`,
      data.subject,
      'This page draws its charts and tables with a script; without one, `dten report` prints the same in a terminal.',
    ],
  });
}

/** Puts report.html into the result's folder. A result is whole without it: a failure is told, not thrown. */
export async function writeReport(
  dir: string,
  view: ResultView,
  verdict: VerdictReport,
): Promise<string | undefined> {
  try {
    await writeAtomically(join(dir, resultFiles.report), await renderHtml(view, verdict));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
