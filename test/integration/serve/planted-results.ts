import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResultHead } from '../../../src/model/result-head.js';

export const verdictOf = (n: number) => (['GO', 'NO-GO', 'INVALID'] as const)[n % 3] ?? 'GO';

/** A result as far as a list reads it: with bulk behind its head, as real ones have. */
export function plantResult(
  root: string,
  name: string,
  head: Partial<ResultHead> & { scenario: string },
): string {
  const dir = join(root, head.scenario, name);
  mkdirSync(dir, { recursive: true });
  const whole: ResultHead = {
    startedAt: '2026-11-22T10:15:00.000Z',
    endedAt: '2026-11-22T10:16:30.000Z',
    ended: 'complete',
    verdict: 'GO',
    because: '12 rules passed, none failed',
    ...head,
  };
  writeFileSync(join(dir, 'manifest.json'), '{}');
  const document = { schema: 'dten.result/1', head: whole, plan: { bulk: 'x'.repeat(10_000) } };
  writeFileSync(join(dir, 'result.json'), `${JSON.stringify(document, null, 1)}\n`);
  return dir;
}

/** `count` results of five scenarios, one a minute. */
export function plantResults(root: string, count: number): void {
  const startMs = Date.parse('2026-01-01T00:00:00Z');
  for (let n = 0; n < count; n++) {
    const startedAt = new Date(startMs + n * 60_000).toISOString();
    plantResult(root, `${startedAt.replaceAll(/[-:]|\.\d+/g, '')}-${n.toString(16).padStart(6, '0')}`, {
      scenario: `scenario-${n % 5}`,
      startedAt,
      endedAt: new Date(startMs + n * 60_000 + 30_000 + n).toISOString(),
      verdict: verdictOf(n),
      because: `reason ${n}`,
      revision: { commit: (0xabc000000 + n).toString(16), branch: null, dirty: false },
    });
  }
}
