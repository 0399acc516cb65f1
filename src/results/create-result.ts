import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunClock } from '../foundation/clock.js';
import { DtenError, messageOf } from '../foundation/errors.js';
import { exitCodes } from '../foundation/exit-codes.js';
import type { ResultWriter } from '../model/contracts.js';
import type { RecordingListener } from '../model/live.js';
import type { RunPlan } from '../model/plan.js';
import { resultFiles, type Manifest } from '../model/result.js';
import type { Revision } from '../model/revision.js';
import { writeAtomically } from './atomic-write.js';
import { openResult } from './result-writer.js';

export interface CreateResultInput {
  /** Folder that holds the results; made if missing. */
  root: string;
  plan: RunPlan;
  clock: RunClock;
  /** ISO 8601, UTC: run zero. */
  startedAt: string;
  /** Short, unique among the runs that start in the same second. */
  id: string;
  /** What the scenario's repository stands at; null: it lies in none. */
  revision?: Revision | null;
  /** Hears what is written. */
  listener?: RecordingListener;
}

/**
 * Makes `<root>/<scenario>/<UTC start>-<id>/`, writes its manifest, and opens its files. Throws a DtenError (exit 2)
 * where the folder cannot be made or written to.
 */
export async function createResult(input: CreateResultInput): Promise<ResultWriter> {
  const { root, plan, clock, startedAt, id, revision, listener } = input;
  const parent = join(root, plan.name);
  const dir = join(parent, folderName(startedAt, id));
  const manifest: Manifest = {
    schema: 'dten.result/1',
    id,
    scenario: plan.name,
    startedAt,
    zeroEpochUs: clock.zeroEpochUs,
    plan,
    ...(revision !== undefined && { revision }),
  };
  try {
    await mkdir(parent, { recursive: true });
    await mkdir(dir); // never into a folder that is there already: two runs would be mixed
    await writeAtomically(join(dir, resultFiles.manifest), `${JSON.stringify(manifest, null, 1)}\n`);
    return await openResult(dir, manifest, clock, listener);
  } catch (error) {
    throw new DtenError('results-not-writable', `cannot make the result folder ${dir}: ${messageOf(error)}`, {
      hint: 'Name a folder that you may write to: --results FOLDER.',
      exitCode: exitCodes.badInput,
      cause: error,
    });
  }
}

/** `20261122T101500Z-a1b2c3` of `2026-11-22T10:15:00.123Z`: folders sort by their start. */
export function folderName(startedAt: string, id: string): string {
  const basic = startedAt.replaceAll(/[-:]/g, '').replace(/\.\d+/, '');
  return `${basic}-${id}`;
}
