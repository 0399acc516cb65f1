import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const path = process.env['DTEN_CHROMIUM'] ?? known.find((at) => existsSync(at));

/** For `describe.skipIf`: there is no Chromium here, and nobody requires one. */
export const noBrowser = path === undefined && process.env['DTEN_REQUIRE_BROWSER'] !== '1';

export async function launchChromium(): Promise<Browser> {
  if (path === undefined)
    throw new Error(`no Chromium: set DTEN_CHROMIUM, or install one of ${known.join(', ')}`);
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath: path, args: [...asRoot, '--disable-background-networking'] });
}

export interface OpenedPage {
  page: Page;
  /** Everything the page complained of, and every request it made beyond the document itself. */
  complaints: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:'))
      complaints.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}
