import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeViolations } from '../../support/axe.js';
import { launchChromium, noBrowser, openPage } from '../../support/chromium.js';
import { DtenProcess } from '../support/dten-process.js';
import { smallScenario } from '../support/small-scenario.js';

/** Requests to the page's own server are what it is for. */
const foreign = (complaints: readonly string[]) =>
  complaints.filter((line) => !line.startsWith('request: http://127.0.0.1:'));

const folders: string[] = [];
const resultsFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'dten-live-e2e-'));
  folders.push(folder);
  return folder;
};

/** A session that holds the lock that the upgrade wants, so that traffic waits behind the upgrade for seconds. */
const blocked = {
  blocks: {
    timeline: `{ warmup: 1s, baseline: 4s, soak: 8s, recovery: 4s }`,
    background: `
  holder: { sql: "select count(*) from items", collide: { step: add note, startBefore: 1s, holdFor: 8s } }`,
    objectives: `
  latency: { p99: 2s, over: 3s }
  locks: { longestWait: 500ms }`,
  },
};

/** What a rehearsal says on stderr, up to the address to watch it at. */
async function watched(
  args: string[],
  scenario: string,
): Promise<{ run: DtenProcess; url: string; results: string }> {
  const results = resultsFolder();
  const run = new DtenProcess(['rehearse', scenario, '--results', results, ...args]);
  await run.says(/watch it live: \S+\n/);
  const url = /watch it live: (\S+)\n/.exec(run.said())?.[1] ?? '';
  return { run, url, results };
}

function onlyResult(results: string): string {
  const [scenario = ''] = readdirSync(results);
  const [name = ''] = readdirSync(join(results, scenario));
  return join(results, scenario, name);
}

describe.skipIf(noBrowser)('a rehearsal watched in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('shows points, the queue behind the upgrade and findings as they come, and becomes the report', async () => {
    const { run, url, results } = await watched(['--live'], smallScenario(blocked));
    const { page, complaints } = await openPage(browser, url);
    expect(page.url()).not.toContain('token');
    await page.locator('.connection.live').waitFor();
    await page.locator('#timeline .chart canvas').first().waitFor({ timeout: 90_000 });
    const points = () => page.locator('#timeline output').first().textContent();
    const before = await points();
    await expect.poll(points, { timeout: 30_000 }).not.toBe(before);

    await page
      .locator('.lock-queue li.in-front > ul > li', { hasText: 'upgrade' })
      .first()
      .waitFor({ timeout: 60_000 });
    const queue = page.locator('.lock-queue');
    await queue.locator('li.behind').first().waitFor({ timeout: 30_000 });
    expect(await queue.locator('li.in-front').first().textContent()).toContain('background holder');
    expect(await queue.locator('li.in-front > ul > li').first().textContent()).toContain(
      'AccessExclusiveLock',
    );
    await page.screenshot({ path: join(tmpdir(), 'dten-live-1440.png'), fullPage: true });
    expect(await axeViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 375, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
    await page.screenshot({ path: join(tmpdir(), 'dten-live-375.png'), fullPage: true });
    expect(await axeViolations(page)).toEqual([]);

    await page.locator('#findings .finding.no-go').first().waitFor({ timeout: 60_000 });
    await page.waitForURL('**/report', { timeout: 120_000 });
    await page.locator('#timeline .chart canvas').first().waitFor();
    const { code } = await run.ended;
    const result = JSON.parse(readFileSync(join(onlyResult(results), 'result.json'), 'utf8')) as {
      verdict: { verdict: string };
    };
    expect(await page.locator('h1').textContent()).toContain(result.verdict.verdict);
    expect(code).toBe({ GO: 0, 'NO-GO': 1, INVALID: 3 }[result.verdict.verdict]);
    expect(foreign(complaints)).toEqual([]);
    expect(run.left()).toEqual([]);
    await page.close();
  });

  it('aborts: the same as Ctrl-C, with a partial result', async () => {
    const long = smallScenario({
      blocks: { timeline: `{ warmup: 1s, baseline: 10m, soak: 3s, recovery: 3s }` },
    });
    const { run, url, results } = await watched(['--live'], long);
    const { page, complaints } = await openPage(browser, url);
    await page.locator('#timeline .chart canvas').first().waitFor({ timeout: 90_000 });
    await page.getByRole('button', { name: 'Abort the rehearsal' }).click();
    await page.getByRole('button', { name: 'No, go on' }).click();
    await page.getByRole('button', { name: 'Abort the rehearsal' }).click();
    await page.getByRole('button', { name: 'Yes, abort' }).click();
    const { code, stderr } = await run.ended;
    expect(stderr).toContain('the live page: stopping, tearing everything down');
    expect(code).toBe(130);
    const result = JSON.parse(readFileSync(join(onlyResult(results), 'result.json'), 'utf8')) as {
      ended: string;
    };
    expect(result.ended).toBe('interrupted');
    expect(run.left()).toEqual([]);
    expect(foreign(complaints)).toEqual([]);
    await page.close();
  });
});
