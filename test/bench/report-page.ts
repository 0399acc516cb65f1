import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { indexOf } from '../../src/histogram/layout.js';
import type { SeriesSecond, ResultView } from '../../src/model/result.js';
import type { SecondTally } from '../../src/model/observation.js';
import type * as htmlModule from '../../src/rehearsal/render-html.js';
import { launchChromium, noBrowser } from '../support/chromium.js';
import { sampleVerdict } from '../unit/results/sample.js';
import { sampleView } from '../unit/report/sample-view.js';
import { built } from './built.js';
import { median, printTable, type Bench, type Goal } from './goals.js';

const { renderHtml } = await built<typeof htmlModule>('rehearsal/render-html.js');

const hour = 3_600;
const endpoints = 20;
const opens = 5;
const mostMs = 1_000;
const mostPageBytes = 1_000_000;

interface Case {
  name: string;
  seconds: number;
  /** Only the first is a goal; the other is printed beside it. */
  goal: boolean;
}
const cases: Case[] = [
  { name: '1 h × 20 endpoints', seconds: hour, goal: true },
  { name: '8 h × 20 endpoints', seconds: 8 * hour, goal: false },
];

/** 20 requests of each endpoint a second, no two seconds next to each other alike, a stall of 4 s in the upgrade. */
function longView(seconds: number): ResultView {
  const view = sampleView();
  const [create] = Object.values(view.plan.scenario.traffic.endpoints);
  view.endpoints = Array.from({ length: endpoints }, (_, at) => `endpoint ${at}`);
  view.plan.scenario.traffic.endpoints = Object.fromEntries(view.endpoints.map((name) => [name, create!]));
  const at = (share: number) => Math.round(seconds * share) * 1_000_000;
  const ends = [0, 0.02, 0.3, 0.5, 0.7, 0.8, 1];
  view.phases = view.phases.map((phase, i) => ({ ...phase, fromUs: at(ends[i]!), toUs: at(ends[i + 1]!) }));
  const pool = Array.from({ length: 257 }, (_, seed) => {
    const us = Array.from({ length: 20 }, (__, i) => 1_500 + ((seed * 7_919 + i * 104_729) % 30_000));
    const index = Uint32Array.from(new Set(us.map(indexOf))).sort();
    return { index, count: new Uint32Array(index.length).fill(1) };
  });
  const stalled = { index: Uint32Array.of(indexOf(4_000_000)), count: Uint32Array.of(20) };
  const phaseAt = (second: number) =>
    Math.max(
      0,
      view.phases.findLastIndex(({ fromUs }) => fromUs <= second * 1_000_000),
    );
  view.seconds = [];
  const series: SeriesSecond[] = [];
  for (let second = 0; second < seconds; second++) {
    const phase = phaseAt(second);
    const tallies = view.endpoints.map((_, endpoint): SecondTally => {
      const isStalled = second > seconds * 0.4 && second < seconds * 0.4 + 5;
      const counts = isStalled ? stalled : pool[(second * endpoints + endpoint * 31) % pool.length]!;
      for (const kind of ['response', 'service'] as const)
        series.push({ endpoint, phase, kind, second, ...counts });
      const none = { httpError: 0, timeout: 0, connectionError: 0, dropped: 0, aborted: 0, retries: 0 };
      return { endpoint, phase, intended: 20, ok: 20, ...none, reasons: {}, missed: {}, variants: {} };
    });
    view.seconds.push({ second, tallies });
  }
  view.series = series;
  return view;
}

/** ms from the start of the navigation until the charts are drawn and the page answers again. */
async function openedMs(browser: Browser, url: string): Promise<number> {
  const page = await browser.newPage();
  await page.addInitScript(`
    new MutationObserver((_, observer) => {
      if (!document.querySelector('#health')) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => { globalThis.readyMs = performance.now(); }, 0));
    }).observe(document, { childList: true, subtree: true });
  `);
  await page.goto(url);
  await page.waitForFunction('globalThis.readyMs !== undefined');
  const charts = await page.locator('.chart canvas').count();
  if (charts === 0) throw new Error('no chart was drawn');
  const ms = await page.evaluate<number>('globalThis.readyMs');
  await page.close();
  return ms;
}

/** Size and time to interactive of the report of a long run. */
export const run: Bench = async () => {
  if (noBrowser) throw new Error('no Chromium here: set DTEN_CHROMIUM');
  const root = await mkdtemp(join(tmpdir(), 'dten-bench-report-'));
  const browser = await launchChromium();
  const goals: Goal[] = [];
  const rows = [['result', 'made in', 'document', 'of it the page', 'median of opens', 'slowest']];
  try {
    for (const { name, seconds, goal } of cases) {
      const view = longView(seconds);
      const before = performance.now();
      const html = await renderHtml(view, sampleVerdict());
      const madeMs = performance.now() - before;
      const data = /id="page-data">(.*)<\/script>/.exec(html)![1]!.length;
      const path = join(root, `${seconds}.html`);
      await writeFile(path, html);
      const times: number[] = [];
      for (let i = 0; i < opens; i++) times.push(await openedMs(browser, pathToFileURL(path).href));
      const page = html.length - data;
      rows.push([
        name,
        `${(madeMs / 1000).toFixed(1)} s`,
        `${(html.length / 1e6).toFixed(2)} MB`,
        `${(page / 1000).toFixed(0)} kB`,
        `${median(times).toFixed(0)} ms`,
        `${Math.max(...times).toFixed(0)} ms`,
      ]);
      if (!goal) continue;
      goals.push(
        {
          goal: `report of ${name}: open in ≤ ${mostMs} ms`,
          measured: `${median(times).toFixed(0)} ms, median of ${opens}`,
          met: median(times) <= mostMs,
        },
        {
          goal: 'the page beside its data ≤ 1 MB',
          measured: `${(page / 1000).toFixed(0)} kB`,
          met: page <= mostPageBytes,
        },
      );
    }
  } finally {
    await browser.close();
    await rm(root, { recursive: true });
  }
  printTable(rows);
  return goals;
};
