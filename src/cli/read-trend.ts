import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  DtenError,
  exitCodes,
  loadScenario,
  readDocuments,
  resultDirs,
  runOfTrend,
  trendSourceSchema,
  type TrendInput,
} from '../index.js';

export interface TrendChoice {
  /** Result folder, scenario name, or scenario file. */
  scenario: string;
  results: string;
  /** The newest of each scenario. */
  last: number;
  /** Those that began at this instant or later: `20261101T000000Z`, as folders are named. */
  since?: string | undefined;
}

/**
 * Reads the result.json of the results that were asked for, scenario by scenario; nothing else of them is opened, and
 * of each only its measures are kept.
 * @throws DtenError (exit 2) where there is no result.
 */
export async function readTrend(choice: TrendChoice): Promise<TrendInput[]> {
  const all = await foundResults(choice);
  const byFolder = new Map<string, string[]>();
  for (const dir of all) {
    const beside = byFolder.get(dirname(dir));
    if (beside) beside.push(dir);
    else byFolder.set(dirname(dir), [dir]);
  }
  const inputs: TrendInput[] = [];
  for (const [folder, dirs] of [...byFolder].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { since } = choice;
    const asked = dirs.filter((dir) => since === undefined || basename(dir) >= since).slice(0, choice.last);
    inputs.push(...(await readFolder(basename(folder), asked.reverse(), dirs.length - asked.length)));
  }
  return inputs;
}

interface Group {
  scenario: string;
  way: TrendInput['way'];
  runs: TrendInput['runs'][number][];
  leftOut: TrendInput['leftOut'];
  unread: number;
}

/** A scenario that is rehearsed by steps and by snapshot has two trends. */
async function readFolder(name: string, dirs: readonly string[], unread: number): Promise<TrendInput[]> {
  const groups = new Map<string, Group>();
  const groupOf = (scenario: string, way: Group['way']): Group => {
    const key = JSON.stringify([scenario, way]);
    const group = groups.get(key) ?? { scenario, way, runs: [], leftOut: [], unread };
    groups.set(key, group);
    return group;
  };
  const unreadable: Group['leftOut'] = [];
  for await (const read of readDocuments(dirs, trendSourceSchema)) {
    const { dir } = read;
    if ('unreadable' in read) {
      unreadable.push({ dir, why: read.unreadable });
      continue;
    }
    const run = runOfTrend(dir, read.document);
    const group = groupOf(run.scenario, run.way);
    if ('leftOut' in run) group.leftOut.push({ dir, why: run.leftOut });
    else group.runs.push(run);
  }
  // Which way back they went is not known: they are named with the first.
  if (groups.size === 0) groupOf(name, 'steps');
  const [first] = groups.values();
  first?.leftOut.push(...unreadable);
  first?.leftOut.sort((a, b) => (a.dir < b.dir ? -1 : 1));
  return [...groups.values()];
}

async function foundResults({ scenario, results }: TrendChoice): Promise<string[]> {
  const named = join(results, scenario);
  for (const root of [scenario, named]) {
    const dirs = await resultDirs(root);
    if (dirs.length > 0) return dirs;
  }
  const there = await stat(scenario).then(
    () => true,
    () => false,
  );
  const looked = there ? join(results, (await loadScenario(scenario)).scenario.name) : named;
  const dirs = there ? await resultDirs(looked) : [];
  if (dirs.length > 0) return dirs;
  throw new DtenError('no-result', `there is no result in ${looked}`, {
    hint: 'Name a folder of results, or a scenario that was rehearsed; --results FOLDER where they are elsewhere.',
    exitCode: exitCodes.badInput,
  });
}
