import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { codeOf, messageOf } from '../foundation/errors.js';
import { resultFiles } from '../model/result.js';
import { rollbackTrialsSchema, rollbackTwinSchema, type RollbackTrials } from '../model/rollback.js';
import { writeAtomically } from './atomic-write.js';

export async function writeRollbackTrials(dir: string, trials: RollbackTrials): Promise<void> {
  await writeAtomically(join(dir, resultFiles.rollbackTrials), JSON.stringify(trials));
}

/** Undefined where there is none: the run ended before, or its dten did not try yet. */
export async function readRollbackTrials(
  dir: string,
  onDamage: (where: string) => void,
): Promise<RollbackTrials | undefined> {
  const path = join(dir, resultFiles.rollbackTrials);
  try {
    return rollbackTrialsSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') onDamage(`${basename(path)}:1: ${messageOf(error)}`);
    return undefined;
  }
}

/** Two rehearsals of one scenario, each naming the other. */
export async function linkTwins(first: string, second: string): Promise<void> {
  const link = (from: string, to: string) =>
    writeAtomically(
      join(from, resultFiles.rollbackTwin),
      JSON.stringify({ schema: 'dten.rollback-twin/1', dir: relative(from, to) }),
    );
  await link(second, first);
  await link(first, second);
}

/** The folder of the other rehearsal; undefined where there is none, or the link cannot be read. */
export async function twinOf(dir: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(dir, resultFiles.rollbackTwin), 'utf8');
    return join(dir, rollbackTwinSchema.parse(JSON.parse(text)).dir);
  } catch {
    return undefined;
  }
}
