import { streamOf } from '../foundation/rng.js';
import type { Finding } from '../model/verdict.js';

/** pg_stat_activity may have cut it in one run and not in the next. */
const longestStatement = 500;

/**
 * What makes a finding the same one in the next run: its scenario (and its way back), rule, hazard, limit, and where it is; never what was measured,
 * when, or on which line. One that names no place goes by the words of `what`, without figures, units and lists.
 * 128 bits, hexadecimal. Two findings of one report that are alike in all this are told apart by their order.
 */
export function fingerprints(
  { scenario, way = 'steps' }: { scenario: string; way?: string | undefined },
  findings: readonly Finding[],
): string[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const key = JSON.stringify([scenario, way, ...partsOf(finding)]);
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return hashOf(nth === 0 ? key : `${key}\0${nth}`);
  });
}

function partsOf({ rule, hazard, where, what, limit }: Finding): unknown[] {
  const statement = where.statement?.replaceAll(/\s+/g, ' ').trim().slice(0, longestStatement);
  const place = [where.step, statement, where.table, where.endpoint, where.phase, idsLeftOut(where.path)];
  const named = place.some((part) => part !== undefined);
  return [
    rule,
    hazard?.number ?? null,
    limit ?? null,
    ...place.map((part) => part ?? null),
    named ? '' : wordsOf(what),
  ];
}

/** What a run makes is numbered or named anew in the next: `credentials/v-importer-36cf9da2`, `webhooks/wh_4`. */
function idsLeftOut(path: string | undefined): string | undefined {
  return path?.replaceAll(/[0-9a-f-]*\d[0-9a-f-]*/gi, '#');
}

/** `12 seconds down of 45 (create order 14), 5 s allowed` → `second down allowed`. */
function wordsOf(text: string): string {
  const words = text.replaceAll(/\([^)]*\)/g, ' ').match(/[\p{L}_-]{3,}/gu) ?? [];
  return words.map((word) => word.toLowerCase().replace(/s$/, '')).join(' ');
}

/** Four FNV-1a hashes of 32 bits, each from another start. */
function hashOf(text: string): string {
  return [0, 1, 2, 3].map((salt) => streamOf(`${salt}\0${text}`).toString(16).padStart(8, '0')).join('');
}
