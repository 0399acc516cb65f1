import type { ResultView } from '../model/result.js';
import { readResult } from '../results/read-result.js';
import { residueOf } from '../state/residue.js';

/**
 * Opens a result folder, with what follows from its observations: a run that was killed before its result was written
 * still tells what it left behind.
 */
export async function openResult(dir: string): Promise<ResultView> {
  const view = await readResult(dir);
  return { ...view, residue: view.residue ?? residueOf(view.state) };
}
