import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareRuns } from '../../../src/compare/compare-runs.js';
import { profileRun } from '../../../src/compare/profile/profile-run.js';
import type { Comparison } from '../../../src/model/comparison.js';
import { renderComparisonHtml } from '../../../src/rehearsal/render-comparison-html.js';
import { axeViolations } from '../../support/axe.js';
import { launchChromium, noBrowser, openPage } from '../../support/chromium.js';
import { verdictOf } from '../../support/simulated-runs.js';
import { buildView } from '../../unit/verdict/build-view.js';

const hostile = '<img src=x onerror="alert(1)"></script>';

let root: string;
let browser: Browser;
let sample: Comparison;
let url: string;

async function pageOf(name: string, comparison: Comparison): Promise<string> {
  const path = join(root, `${name}.html`);
  await writeFile(path, await renderComparisonHtml(comparison));
  return pathToFileURL(path).href;
}

/** Six runs a side: reading 30% slower, the hostile one much the same but for 2% dropped. */
function planted(): Comparison {
  const request = { request: { path: '/' } };
  const sideOf = (factor: number, side: number) =>
    Array.from({ length: 6 }, (_, run) => {
      const view = buildView({
        endpoints: { [hostile]: request, 'read order': request },
        objectives: { latency: { p90: '250ms' } },
        request: (endpoint, second, i) => ({
          ms: (endpoint === hostile ? 1 : factor) * (4 + (i % 10) / 5) * (1 + ((run * 7 + second) % 5) / 200),
          ...(endpoint === hostile && side === 1 && i === 0 && { end: 'dropped' as const }),
        }),
      });
      const startedAt = `2026-06-15T10:${String(run * 2 + side).padStart(2, '0')}:00.000Z`;
      const manifest = { ...view.manifest, startedAt, id: `${side}-${run}` };
      const named = { ...view, manifest, plan: { ...view.plan, seed: run + 1 } };
      return profileRun(named, verdictOf('GO'), { dir: `runs/${side}-${run}` });
    });
  return compareRuns(sideOf(1, 0), sideOf(1.3, 1), {
    ...{ margin: 0.1, detect: 0.1, gates: [], variance: undefined, includeInvalid: false, seed: 1 },
  });
}

describe.skipIf(noBrowser)('the page of a comparison', () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'dten-comparison-'));
    browser = await launchChromium();
    sample = planted();
    url = await pageOf('sample', sample);
  });
  afterAll(async () => {
    await browser.close();
    await rm(root, { recursive: true });
  });

  it('tells the verdict, what it rests on and the gates first, without a complaint or a request', async () => {
    const { page, complaints } = await openPage(browser, url);
    await page.locator('.chart canvas').first().waitFor();
    expect(await page.locator('h1').textContent()).toContain('Regressed the candidate is worse');
    expect(await page.locator('.head').textContent()).toContain(
      '6 runs against 6 of the baseline, paired by seed, interleaved, margin 10%',
    );
    expect(await page.locator('main > section').first().getAttribute('id')).toBe('gates');
    const [first] = await page.locator('#gates tbody tr').allTextContents();
    expect(first).toMatch(/read order p90 in (soak|recovery)✗ regressed\+30%/);
    expect(await page.locator('#page img, #page script').count()).toBe(0);
    expect(await page.locator('.endpoint-choices').textContent()).toContain(hostile);
    expect(complaints).toEqual([]);
  });

  it('draws a change where it stands against the margin, and says it in words', async () => {
    const { page } = await openPage(browser, url);
    await page.getByRole('radio', { name: /read order/ }).check();
    const row = page.locator('.differences').nth(1).locator('li', { hasText: 'p90' });
    expect(await row.locator('p').first().textContent()).toMatch(
      /regressed\s*gate\s*[\d.]+ ms → [\d.]+ ms, \+30% \(\+\d+% … \+\d+%\)/,
    );
    const [band, point] = [
      (await row.locator('.margin-band').boundingBox())!,
      (await row.locator('.point').boundingBox())!,
    ];
    // ln 1.3 is 2.75 times ln 1.1, the half of the band.
    const middle = band.x + band.width / 2;
    const away = (point.x + point.width / 2 - middle) / (band.width / 2);
    expect(away).toBeGreaterThan(2.6);
    expect(away).toBeLessThan(2.9);
    await page.getByRole('radio', { name: hostile }).check();
    const dropped = page.locator('.differences').nth(1).locator('li', { hasText: 'p99' }).first();
    expect(await dropped.locator('p').first().textContent()).toContain('→ ∞');
    expect(await dropped.locator('.nothing').count()).toBe(1);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 375]) {
      it(`is usable at ${width} in ${colorScheme}: nothing for axe to find, no sideways scroll`, async () => {
        const { page, complaints } = await openPage(browser, url, {
          colorScheme,
          viewport: { width, height: 900 },
        });
        await page.locator('.chart canvas').first().waitFor();
        expect(await axeViolations(page)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        expect(complaints).toEqual([]);
      });
    }
  }

  it('says loudly that two cannot be compared', async () => {
    const [one] = sample.runs;
    const { page, complaints } = await openPage(
      browser,
      await pageOf('void', {
        ...sample,
        ...{ verdict: 'could not tell', because: ['void: scenario differs'], runs: [one!] },
        ...{ cells: [], measures: [], curves: [] },
        differences: [{ weight: 'void', what: 'scenario', baseline: 'orders', candidate: hostile }],
      }),
    );
    expect(await page.locator('h1').textContent()).toContain('the two cannot be compared: no answer');
    expect(await page.locator('.notices li').first().textContent()).toMatch(
      /^VOID: the two cannot be compared/,
    );
    expect(await page.locator('.chart').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('offers a thousand endpoints and their gates as a choice', async () => {
    const names = Array.from({ length: 1_000 }, (_, at) => `endpoint ${at}`);
    const of = <T extends { endpoint: string }>(all: T[]) =>
      names.flatMap((endpoint) =>
        all.filter((one) => one.endpoint === 'read order').map((one) => ({ ...one, endpoint })),
      );
    const many = { ...sample, cells: of(sample.cells), curves: of(sample.curves) };
    const { page, complaints } = await openPage(browser, await pageOf('thousand', many));
    expect(await page.locator('.endpoint-choices .choice').count()).toBe(12);
    expect(await page.locator('tbody tr').count()).toBeLessThan(400);
    await page.getByLabel('Find', { exact: true }).fill('endpoint 777');
    await page.getByRole('radio', { name: 'endpoint 777' }).check();
    await expect
      .poll(() => page.locator('.phase-title').first().textContent())
      .toBe('endpoint 777 in baseline');
    const gates = page.locator('#gates');
    await gates.getByRole('searchbox').first().fill('endpoint 777 p90');
    await expect.poll(() => gates.locator('tbody').first().locator('tr').count()).toBe(2);
    expect(complaints).toEqual([]);
  });
});
