import { readPageAssets } from '../index.js';
import { contentSecurityPolicy } from './security-headers.js';

/** report.html stands for itself: its script and style are inline, and named by their hashes. */
export async function reportPageHeaders(): Promise<Record<string, string>> {
  const { scriptSha256, styleSha256 } = await readPageAssets('report');
  return {
    'content-security-policy': contentSecurityPolicy({
      script: [`sha256-${scriptSha256}`],
      style: [`sha256-${styleSha256}`],
    }),
  };
}
