import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ResultView } from '../../../src/model/result.js';
import { axeViolations } from '../../support/axe.js';
import { launchChromium, noBrowser, openPage } from '../../support/chromium.js';
import { plantResult } from '../../support/planted-result.js';
import { hostileView } from '../../unit/report/html/hostile-view.js';
import { sampleView } from '../../unit/report/sample-view.js';
import { sampleVerdict } from '../../unit/results/sample.js';
import { dten } from '../support/dten-process.js';

let root: string;
let browser: Browser;
let url: string;

/** The page that `dten report --html` makes of a planted folder. */
async function reportOf(name: string, dir: string): Promise<string> {
  const path = join(root, `${name}.html`);
  const { stderr } = await dten(['report', dir, '--html', path, '--quiet']);
  expect(stderr).toBe(`Report: ${path}\n`);
  return pathToFileURL(path).href;
}

function planted(name: string, view: ResultView, options: Parameters<typeof plantResult>[2] = {}) {
  return plantResult(join(root, name), view, options);
}

/** The window that the zoom bar shows. */
const shownWindow = (page: Page) => page.locator('.zoom-bar output').textContent();
/** The values under every chart of the timeline, at the instant that is pointed at. */
const values = (page: Page) => page.locator('#timeline .chart > .legend output').allTextContents();

describe.skipIf(noBrowser)('the report in a browser', () => {
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'dten-page-'));
    browser = await launchChromium();
    url = await reportOf('sample', await planted('sample', sampleView()));
  });
  afterAll(async () => {
    await browser.close();
    await rm(root, { recursive: true });
  });

  it('opens without a complaint or a request, and tells the verdict and the findings first', async () => {
    const { page, complaints } = await openPage(browser, url);
    await page.locator('.chart canvas').first().waitFor();
    expect(await page.locator('h1').textContent()).toMatch(/NO-GO/);
    expect(await page.locator('main > section').first().getAttribute('id')).toBe('findings');
    expect(await page.locator('.finding').count()).toBeGreaterThan(0);
    expect(complaints).toEqual([]);
  });

  it('zooms all charts by a drag, and shows all again by a double click', async () => {
    const { page } = await openPage(browser, url);
    expect(await shownWindow(page)).toBe('00:00.1–00:20.0');
    const chart = page.locator('#timeline .chart .u-over').first();
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    const at = (share: number) => box.x + box.width * share;
    await page.mouse.move(at(0.25), box.y + 40);
    await page.mouse.down();
    await page.mouse.move(at(0.5), box.y + 40, { steps: 5 });
    await page.mouse.up();
    // A quarter and a half of 0.05–20 s.
    await expect.poll(() => shownWindow(page)).toMatch(/^00:0(4\.9|5\.0|5\.1)–00:(09\.9|10\.0|10\.1)$/);
    // Of the lanes too: the upgrade from 7 s on is cut off by the end of the window, and fills more than half of it.
    const band = (await page.locator('.span.phase-upgrade').boundingBox())!;
    expect(band.width / box.width).toBeGreaterThan(0.55);
    expect(band.width / box.width).toBeLessThan(0.65);
    await chart.dblclick({ position: { x: 30, y: 30 } });
    await expect.poll(() => shownWindow(page)).toBe('00:00.1–00:20.0');
  });

  it('shows the values of one instant under every chart, by pointer and by keyboard', async () => {
    const { page } = await openPage(browser, url);
    const chart = page.locator('#timeline .chart .u-over').nth(1);
    await chart.scrollIntoViewIfNeeded();
    const box = (await chart.boundingBox())!;
    // 9.5 s lies in the upgrade: 4.1 s for every other request, 5 of 100 dropped (∞), 3 answered 503.
    await page.mouse.move(box.x + (box.width * (9.5 - 0.05)) / 19.95, box.y + 30);
    const expected = ['∞', '3 ms', '102/s', '94/s', '3/s', '5/s', '49 sessions', '48 sessions'];
    await expect.poll(() => values(page)).toEqual(expected);
    await page.mouse.move(0, 0);
    const slider = page.getByLabel('Instant');
    await slider.focus();
    await slider.fill('9.5');
    await expect.poll(() => values(page)).toEqual(expected);
  });

  it('tells a lock wait that is picked: who waited, behind whom, with which statements', async () => {
    const { page } = await openPage(browser, url);
    await page.locator('.span.behind-step').first().click();
    const details = page.locator('.wait-details');
    await expect
      .poll(() => details.locator('h4').textContent())
      .toBe('4.1 s ± 10 ms for RowExclusiveLock on orders');
    expect(await details.locator('.chain li b').allTextContents()).toEqual([
      'service shop',
      'upgrade.add status',
      'background nightly report',
    ]);
    expect(await details.locator('pre').allTextContents()).toEqual([
      'insert into orders default values',
      'ALTER TABLE orders ADD COLUMN status text',
      'select status, count(*) from orders group by 1',
    ]);
    // The arrow keys go on to the next one.
    await page.locator('.span[aria-pressed="true"]').focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => details.locator('h4').textContent())
      .toBe('4.09 s ± 10 ms for RowExclusiveLock on orders');
  });

  it('leads from a finding to its window, its lock wait and its statement', async () => {
    const { page } = await openPage(browser, url);
    const finding = page.locator('.finding', { hasText: 'create order p99' }).first();
    await finding.getByRole('button', { name: 'Show the lock wait' }).click();
    const where = (await finding.locator('.about').first().textContent())!;
    const [, from, to] = /(\d\d:\d\d\.\d)–(\d\d:\d\d\.\d)/.exec(where)!;
    const [shownFrom, shownTo] = (await shownWindow(page))!.split('–');
    expect(shownFrom! <= from! && shownTo! >= to!).toBe(true);
    expect(await page.locator('.wait-details h4').textContent()).toMatch(/^4\.1 s/);
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('lock-waits');
  });

  it.each([
    [1440, 'light'],
    [1440, 'dark'],
    [375, 'light'],
    [375, 'dark'],
  ] as const)('has nothing that axe-core objects to, at %i px, %s', async (width, colorScheme) => {
    const { page } = await openPage(browser, url, { viewport: { width, height: 900 }, colorScheme });
    await page.locator('.span.behind-step').first().click();
    for (const details of await page.locator('details').all()) {
      await details.evaluate((element) => element.setAttribute('open', ''));
    }
    await page.locator('.as-table table').first().waitFor();
    expect(await axeViolations(page)).toEqual([]);
    // No page that scrolls sideways: what is wide scrolls within itself.
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(width);
  });

  it('shows hostile names, statements and log lines as the text they are', async () => {
    const hostilePage = await reportOf('hostile', await planted('hostile', hostileView()));
    const { page, complaints } = await openPage(browser, hostilePage);
    await page.locator('.chart canvas').first().waitFor();
    await page.locator('.span.behind-step').first().click();
    expect(await page.locator('.wait-details pre').first().textContent()).toContain(
      '<img src=x onerror="alert(2)">',
    );
    expect(await page.locator('#page img, #page script').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('says at the top that a result is incomplete, and which of its lines are damaged', async () => {
    const dir = await planted('killed', sampleView(), { sealed: false });
    const lines = (await readFile(join(dir, 'lock-waits.ndjson'), 'utf8')).trimEnd().split('\n').length;
    await appendFile(join(dir, 'lock-waits.ndjson'), '{"waiter":\n{}\n');
    const { page, complaints } = await openPage(browser, await reportOf('killed', dir));
    const notices = await page.locator('.notices li').allTextContents();
    expect(notices[0]).toMatch(/^INCOMPLETE: the run was cut short/);
    expect(notices.some((text) => text.startsWith(`damaged: lock-waits.ndjson:${lines + 1}`))).toBe(true);
    expect(await page.locator('#environment').textContent()).toContain('Not recorded');
    expect(complaints).toEqual([]);
  });

  it('says of what was not recorded that it was not, and draws no zero for it', async () => {
    const view = sampleView({ lockWaits: [], lockCoverage: null, health: [], fingerprint: null });
    view.seconds = view.seconds.filter(({ second }) => second !== 10);
    view.series = view.series.filter(({ second }) => second !== 10);
    const dir = await planted('unknown', view, { verdict: sampleVerdict() });
    const { page, complaints } = await openPage(browser, await reportOf('unknown', dir));
    expect(await page.locator('#lock-waits + .line').textContent()).toMatch(/^Not recorded: nothing watched/);
    expect(await page.locator('#server .line').first().textContent()).toMatch(/Not recorded/);
    const slider = page.getByLabel('Instant');
    await slider.fill('10.5');
    await expect
      .poll(() => values(page))
      .toEqual(['no request ended', 'no request ended', ...Array<string>(4).fill('not recorded')]);
    expect(complaints).toEqual([]);
  });

  it('offers a thousand endpoints as a choice', async () => {
    const view = sampleView();
    const [create] = Object.values(view.plan.scenario.traffic.endpoints);
    view.endpoints = Array.from({ length: 1_000 }, (_, at) => (at === 0 ? 'create order' : `endpoint ${at}`));
    view.plan.scenario.traffic.endpoints = Object.fromEntries(view.endpoints.map((name) => [name, create!]));
    const dir = await planted('thousand', view, { verdict: sampleVerdict() });
    const { page, complaints } = await openPage(browser, await reportOf('thousand', dir));
    const choices = page.locator('#timeline .picker').first().locator('.choice');
    expect(await choices.count()).toBeLessThanOrEqual(12);
    await page.getByRole('searchbox').fill('endpoint 777');
    await page.getByRole('checkbox', { name: 'endpoint 777' }).check();
    await expect
      .poll(() => page.locator('#timeline .chart .legend li').allTextContents())
      .toContainEqual(expect.stringContaining('endpoint 777 p99'));
    expect(complaints).toEqual([]);
  });
});
