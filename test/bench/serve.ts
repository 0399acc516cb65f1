import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ResultIndex } from '../../src/results/result-index.js';
import { listPageHtml } from '../../src/serve/browse/list-page.js';
import { listPage, readListQuery } from '../../src/serve/browse/list-query.js';
import { plantResults } from '../integration/serve/planted-results.js';
import { median, type Bench } from './goals.js';

const count = 10_000;
const rounds = 5;

/** From nothing known to the page of the first fifty; then the same with everything known. */
export const run: Bench = async () => {
  const root = mkdtempSync(join(tmpdir(), 'dten-bench-serve-'));
  try {
    plantResults(root, count);
    const first: number[] = [];
    const again: number[] = [];
    for (let round = 0; round < rounds; round++) {
      let nowMs = 0;
      const index = new ResultIndex(root, () => nowMs);
      const list = async () => {
        const startedMs = performance.now();
        const query = readListQuery({ verdict: 'NO-GO', sort: 'duration' });
        const page = listPage(await index.entries(), query);
        listPageHtml({ root, page, query, outside: 0, comparable: true });
        return performance.now() - startedMs;
      };
      first.push(await list());
      nowMs += 2_000;
      again.push(await list());
    }
    const told = (ms: readonly number[]) =>
      `${Math.round(median(ms))} ms (at most ${Math.round(Math.max(...ms))} ms)`;
    console.log(`  first list ${told(first)}, with all of it known ${told(again)}`);
    return [
      {
        goal: `${count} results are listed within 1 s`,
        measured: told(first),
        met: median(first) <= 1_000,
      },
    ];
  } finally {
    rmSync(root, { recursive: true });
  }
};
