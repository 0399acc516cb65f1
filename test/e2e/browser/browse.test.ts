import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantResults } from '../../integration/serve/planted-results.js';
import { axeViolations } from '../../support/axe.js';
import { launchChromium, noBrowser, openPage } from '../../support/chromium.js';
import { plantResult } from '../../support/planted-result.js';
import { sampleView } from '../../unit/report/sample-view.js';
import { DtenProcess } from '../support/dten-process.js';

describe.skipIf(noBrowser)('results in a browser', () => {
  const root = mkdtempSync(join(tmpdir(), 'dten-browse-'));
  let browser: Browser;
  let serve: DtenProcess;
  let url: string;

  beforeAll(async () => {
    plantResults(root, 200);
    await plantResult(root, sampleView());
    browser = await launchChromium();
    serve = new DtenProcess(['serve', root]);
    await serve.says(/Ctrl-C ends it/);
    url = await serve.prints(/http:\S+/);
  });
  afterAll(async () => {
    await browser.close();
    rmSync(root, { recursive: true });
  });

  it('lists, filters, pages, and opens one as its report', async () => {
    const { page, complaints } = await openPage(browser, url);
    expect(page.url()).not.toContain('token');
    expect(await page.getByRole('status').textContent()).toBe('1–50 of 201 results');
    await page.getByRole('link', { name: 'Next' }).click();
    expect(await page.getByRole('status').textContent()).toBe('51–100 of 201 results');
    await page.locator('select[name=scenario]').selectOption('scenario-2');
    await page.locator('select[name=verdict]').selectOption('NO-GO');
    await page.getByRole('button', { name: 'Filter' }).click();
    expect(await page.getByRole('status').textContent()).toBe('13 results match, of 201');

    await page.locator('select[name=scenario]').selectOption(sampleView().manifest.scenario);
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.locator('tbody a').click();
    await page.locator('#timeline .chart canvas').first().waitFor();
    expect(await page.locator('h1').textContent()).toContain('NO-GO');
    expect(complaints.filter((line) => !line.startsWith('request: http://127.0.0.1:'))).toEqual([]);
    await page.close();
  });

  it.each([
    [1280, 'light'],
    [375, 'dark'],
  ] as const)(
    'at %i px, %s: nothing for axe-core, no sideways scroll of the page',
    async (width, colorScheme) => {
      // The token may be used again: it is the cookie that ends with the browser.
      const { page } = await openPage(browser, url, { viewport: { width, height: 800 }, colorScheme });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      expect(await axeViolations(page)).toEqual([]);
      await page.screenshot({ path: join(tmpdir(), `dten-list-${width}.png`) });
      await page.close();
    },
  );

  it('ends at a signal, with nothing left', async () => {
    serve.child.kill('SIGTERM');
    const { code } = await serve.ended;
    expect(code).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  });
});
