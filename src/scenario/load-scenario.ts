import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, extname, relative } from 'node:path';
import { InputError, type InputProblem } from '../foundation/errors.js';
import type { SqlSource } from '../model/plan.js';
import type { Scenario } from '../model/scenario.js';
import { checkShape } from './check-shape.js';
import { allChecks } from './checks/all-checks.js';
import {
  asWritten,
  toInputProblem,
  type DocumentPath,
  type Position,
  type Problem,
  type ScenarioDocument,
} from './document.js';
import { findScenarioFile, yamlExtensions } from './find-scenario-file.js';
import { namesOf } from './names.js';
import { notPlain } from './plain-data.js';
import { pruneToShape, touchesPruned } from './prune.js';
import { readModule } from './read-module.js';
import { readSqlSources } from './sql-sources.js';
import { readYaml } from './read-yaml.js';

/** A scenario that is right as far as can be told without running it. */
export interface LoadedScenario {
  scenario: Scenario;
  /** Absolute. */
  file: string;
  /** Relative paths of the scenario start here. */
  baseDir: string;
  sha256: string;
  /** The SQL of each sql step, split, by step id (`upgrade.add status`). */
  sqlSources: ReadonlyMap<string, SqlSource>;
  /** Line and column, from 1, of what stands at a path; undefined for TypeScript, which keeps no positions. */
  locate(path: DocumentPath): Position | undefined;
}

/**
 * Loads a scenario: a YAML or TypeScript file, or the folder that holds one.
 * @throws InputError with every problem of the file and of the SQL files it names, in the order of their lines.
 */
export async function loadScenario(path: string): Promise<LoadedScenario> {
  const file = await findScenarioFile(path);
  const baseDir = dirname(file);
  const source = await readFile(file);
  const document = yamlExtensions.includes(extname(file))
    ? readYaml(file, textOf(file, source))
    : await readModule(file);
  const { scenario, sqlSources, problems } = await check(document, baseDir);
  if (!scenario || problems.length > 0) throw new InputError(inOrder(document, problems));
  return {
    scenario,
    file,
    baseDir,
    sha256: createHash('sha256').update(source).digest('hex'),
    sqlSources,
    locate: (at) => document.locate(at),
  };
}

/** The text of a file; bytes that are no UTF-8 would else become other names and values without a word. */
function textOf(file: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError([{ file, message: 'is not UTF-8 text', hint: 'save it as UTF-8' }]);
  }
}

interface Checked {
  scenario?: Scenario;
  sqlSources: Map<string, SqlSource>;
  problems: Problem[];
}

async function check(document: ScenarioDocument, baseDir: string): Promise<Checked> {
  const endless = notPlain(document.value);
  if (endless.length > 0) return { sqlSources: new Map(), problems: endless };
  const shape = checkShape(document.value);
  const misshapen = 'problems' in shape ? shape.problems : [];
  const usable = 'scenario' in shape ? { ...shape, pruned: [] } : pruneToShape(document.value, misshapen);
  if (!usable) return { sqlSources: new Map(), problems: misshapen };

  const { scenario, pruned } = usable;
  const input = { scenario, names: namesOf(document.value), baseDir };
  const found = (await Promise.all(allChecks.map(async (each) => each(input)))).flat();
  const sql = await readSqlSources(input, (path, offset) => document.locateText(path, offset));
  const judged = [...found, ...sql.problems]
    .map((problem) => ({ ...problem, path: asWritten(document.value, problem.path) }))
    .filter(({ path }) => !touchesPruned(path, pruned));
  return { scenario, sqlSources: sql.sources, problems: [...misshapen, ...judged] };
}

function inOrder(document: ScenarioDocument, problems: readonly Problem[]): InputProblem[] {
  const own = document.file;
  return problems
    .map((problem) => toInputProblem(document, problem))
    .sort(
      (a, b) =>
        Number(a.file !== own) - Number(b.file !== own) ||
        a.file.localeCompare(b.file) ||
        (a.line ?? 0) - (b.line ?? 0) ||
        (a.column ?? 0) - (b.column ?? 0),
    )
    .map((problem) => ({ ...problem, file: shortPath(problem.file) }));
}

/** Relative to where dten was started, as compilers print it, where that is shorter. */
function shortPath(file: string): string {
  const short = relative('', file);
  return short !== '' && !short.startsWith('..') ? short : file;
}
