import type { RollbackComparison, RollbackReport } from '../model/rollback.js';

export interface ComparedWay {
  dir: string;
  verdict: string;
  /** Undefined: the result tells nothing of its rollback. */
  rollback: RollbackReport | undefined;
}

/** What each way back from one upgrade costs. What a rehearsal did not measure stays null. */
export function compareRollbacks(ways: readonly ComparedWay[]): RollbackComparison {
  return {
    schema: 'dten.rollback-comparison/1',
    ways: ways.map(({ dir, verdict, rollback }) => ({
      way: rollback?.way ?? 'steps',
      dir,
      verdict,
      outcome: rollback?.outcome ?? 'not run',
      tookMs: rollback?.tookMs ?? null,
      downMs: rollback?.downMs ?? null,
      unknownSeconds: rollback?.unknownSeconds ?? null,
      writesLost: rollback?.writesLost?.lost ?? null,
      writesDiscarded: rollback?.writesLost?.discarded ?? null,
      writesUnaudited: rollback?.writesLost?.unaudited ?? null,
      residue: rollback?.residue ?? null,
    })),
  };
}
