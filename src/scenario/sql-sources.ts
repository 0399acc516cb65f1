import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { readdir } from 'node:fs/promises';
import type { InputProblem } from '../foundation/errors.js';
import type { SqlSource, SqlStatement } from '../model/plan.js';
import type { ScenarioStep } from '../model/scenario.js';
import { splitSql } from '../sql/split.js';
import type { CheckInput } from './checks/check.js';
import { isSqlFile, offsetOf, splitInline } from './checks/inline-sql.js';
import type { DocumentPath, Position, Problem } from './document.js';
import { suggest } from '../foundation/nearest-name.js';

type SqlStep = Extract<ScenarioStep, { sql: unknown }>;

/** A dump of gigabytes is not parsed to validate a scenario. */
const maxParsedBytes = 4 * 1024 * 1024;

/**
 * Reads and splits the SQL of every sql step, once: what was validated is what is planned. Keyed by step id
 * (`upgrade.add status`).
 */
export async function readSqlSources(
  { scenario, baseDir }: CheckInput,
  locateText: (path: DocumentPath, offset: number) => Position | undefined,
): Promise<{
  sources: Map<string, SqlSource>;
  problems: Problem[];
}> {
  const sources = new Map<string, SqlSource>();
  const problems: Problem[] = [];
  for (const side of ['upgrade', 'rollback', 'cleanup'] as const) {
    for (const [index, step] of (scenario[side]?.steps ?? []).entries()) {
      if (!('sql' in step)) continue;
      const read = await readStep([side, 'steps', index], step, baseDir);
      problems.push(...read.problems);
      if (!read.source) continue;
      const inline = read.source.file === undefined;
      const at = [side, 'steps', index, 'sql'];
      const statements = inline
        ? read.source.statements.map((statement) => placed(statement, step.sql, at, locateText))
        : read.source.statements;
      sources.set(`${side}.${step.name}`, { ...read.source, statements });
    }
  }
  return { sources, problems };
}

function placed(
  statement: SqlStatement,
  sql: string,
  path: DocumentPath,
  locateText: (path: DocumentPath, offset: number) => Position | undefined,
): SqlStatement {
  const position = locateText(path, offsetOf(sql, statement.line, statement.column ?? 1));
  return { ...statement, ...(position && { inScenario: position }) };
}

async function readStep(
  path: DocumentPath,
  step: SqlStep,
  baseDir: string,
): Promise<{ source?: SqlSource; problems: Problem[] }> {
  const at = [...path, 'sql'];
  const file = isSqlFile(step.sql) ? resolve(baseDir, step.sql.trim()) : undefined;
  if (file === undefined && step.section !== undefined) {
    return {
      problems: [
        {
          path: [...path, 'section'],
          target: 'key',
          message: 'inline SQL has no sections',
          hint: 'name a .sql file, or remove section',
        },
      ],
    };
  }
  const missing = file === undefined ? undefined : await missingFile(at, file);
  if (missing) return { problems: [missing] };

  const split =
    file === undefined ? await splitInline(at, step.sql) : await splitFile(at, file, step.section);
  if (split.problems.length > 0) return { problems: split.problems };
  const { statements, marker } = split;
  if (statements.length === 0) {
    return {
      problems: [
        {
          path: at,
          message: 'holds no statement',
          hint: 'a step that does nothing proves nothing: remove it',
        },
      ],
    };
  }
  const own = statements.some(({ kind }) => kind === 'begin');
  const transaction = step.transaction ?? marker ?? (own ? 'statement' : undefined);
  if (transaction === undefined) return { problems: [whoseTransaction(at)] };
  return { source: { ...(file !== undefined && { file }), statements, transaction }, problems: [] };
}

function whoseTransaction(path: DocumentPath): Problem {
  return {
    path,
    target: 'key',
    message: 'does not say where its transactions end, which decides how long its locks are held',
    hint: 'transaction: file (one transaction around it all, as Flyway, goose, dbmate and drivers that send one string do: locks add up until its end) or transaction: statement (each statement commits by itself, as psql does); or write BEGIN and COMMIT in the SQL',
  };
}

async function splitFile(path: DocumentPath, file: string, section: 'up' | 'down' | undefined) {
  const split = await splitSql(await readFile(file, 'utf8'), { file, section });
  return { ...split, problems: split.problems.map((problem) => elsewhere(path, problem)) };
}

function elsewhere(path: DocumentPath, { file, line, column, message, hint }: InputProblem): Problem {
  return {
    path,
    elsewhere: { file, line, column },
    message: `SQL: ${message}`,
    ...(hint !== undefined && { hint }),
  };
}

async function missingFile(path: DocumentPath, file: string): Promise<Problem | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile()) return undefined;
  if (found) return { path, message: `${file} is not a file`, hint: 'name a .sql file' };
  const folder = dirname(file);
  const siblings = await readdir(folder).catch(() => undefined);
  const name = file.slice(folder.length + 1);
  return {
    path,
    message: `there is no file ${file}`,
    hint: siblings
      ? `paths start beside the scenario; ${suggest(name, siblings.filter(isSqlFile), 'there')}`
      : `there is no folder ${folder}; paths start beside the scenario`,
  };
}

/** Files and inline SQL of `environment.data`: they are there, and they parse (dumps with COPY data are streamed). */
export async function checkData({ scenario, baseDir }: CheckInput): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [index, data] of scenario.environment.data.entries()) {
    if (!('sql' in data)) continue;
    const path = ['environment', 'data', index, 'sql'];
    if (!isSqlFile(data.sql)) {
      problems.push(...(await splitInline(path, data.sql)).problems);
      continue;
    }
    const file = resolve(baseDir, data.sql.trim());
    const missing = await missingFile(path, file);
    if (missing) {
      problems.push(missing);
      continue;
    }
    if ((await stat(file)).size > maxParsedBytes) continue;
    if (/^COPY .+ FROM stdin;\s*$/im.test(await readFile(file, 'utf8'))) continue;
    problems.push(...(await splitFile(path, file, undefined)).problems);
  }
  return problems;
}
