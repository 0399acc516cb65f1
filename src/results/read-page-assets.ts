import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { DtenError, messageOf } from '../foundation/errors.js';
import { workerUrl } from '../foundation/worker-url.js';

/**
 * What a page runs and looks by, as the build bundled it into `dist/web`, with the hashes its content security policy
 * names. Throws a DtenError where this installation lacks them.
 */
export async function readPageAssets(page: string) {
  const script = await readAsset(workerUrl(import.meta.url, `./../web/${page}.js`));
  const style = await readAsset(new URL(`${page}.css`, workerUrl(import.meta.url, `./../web/${page}.js`)));
  return { script, style, scriptSha256: sha256Of(script), styleSha256: sha256Of(style) };
}

async function readAsset(url: URL): Promise<string> {
  try {
    return await readFile(url, 'utf8');
  } catch (error) {
    throw new DtenError('page-not-built', `the page's ${url.pathname} is missing: ${messageOf(error)}`, {
      hint: 'Install dten again, or, in its repository, run: npm run build',
      cause: error,
    });
  }
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
