import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { resultFiles, type ResultJson } from '../model/result.js';
import { verdicts, type Verdict } from '../model/verdict.js';

/** What a list of results shows, without opening their observations. */
export interface ListedResult {
  dir: string;
  scenario: string;
  /** Folder name: `<UTC start>-<id>`. */
  name: string;
  /** Null: cut short, or its result.json cannot be read. */
  verdict: Verdict | null;
  ended: ResultJson['ended'] | null;
  because: string | null;
}

/**
 * The results below `root`, newest first: of one scenario, or of all. `root` may be the folder of one scenario's
 * results itself. No folder, no results: an empty list.
 */
export async function listResults(root: string, scenario?: string): Promise<ListedResult[]> {
  const dirs = await resultDirs(root, scenario);
  return Promise.all(dirs.map(describe));
}

/** The folder of the newest result below `root` (see listResults), complete or not; undefined if there is none. */
export async function latestResult(root: string, scenario?: string): Promise<string | undefined> {
  return (await resultDirs(root, scenario))[0];
}

/** The folders of the results below `root` (see listResults), newest first; nothing in them is read. */
export async function resultDirs(root: string, scenario?: string): Promise<string[]> {
  const from = scenario === undefined ? root : join(root, scenario);
  const found: string[] = [];
  for (const child of await foldersIn(from)) {
    if (await isResult(child)) found.push(child);
    else if (scenario === undefined) {
      for (const grandchild of await foldersIn(child)) if (await isResult(grandchild)) found.push(grandchild);
    }
  }
  // Names begin with the UTC start.
  return found.sort((a, b) => (basename(a) < basename(b) ? 1 : -1));
}

async function foldersIn(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    // A symbolic link to a result counts as one.
    return entries.filter((e) => e.isDirectory() || e.isSymbolicLink()).map((e) => join(path, e.name));
  } catch {
    return [];
  }
}

export function isResult(dir: string): Promise<boolean> {
  return stat(join(dir, resultFiles.manifest)).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function describe(dir: string): Promise<ListedResult> {
  const listed = { dir, scenario: basename(dirname(dir)), name: basename(dir) };
  try {
    const result = JSON.parse(await readFile(join(dir, resultFiles.result), 'utf8')) as Partial<ResultJson>;
    return {
      ...listed,
      verdict: verdicts.find((known) => known === result.verdict?.verdict) ?? null,
      ended: result.ended ?? null,
      because: result.verdict?.because ?? null,
    };
  } catch {
    return { ...listed, verdict: null, ended: null, because: null };
  }
}
