import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InputError } from '../../foundation/errors.js';
import type { RunContext } from '../../model/contracts.js';
import type { SqlStatement } from '../../model/plan.js';
import { splitSql } from '../../sql/split.js';
import type { DriverSession } from '../database/session.js';
import { dataError, lineAt, positionOfError } from './data-error.js';
import { isPlainDump, loadPlainDump } from './plain-dump.js';

/** Runs a .sql file beside the scenario, or inline SQL. Errors name file and line. */
export async function loadSql(
  ctx: RunContext,
  session: DriverSession,
  sql: string,
  where: string,
): Promise<void> {
  if (!/\.sql$/i.test(sql.trim())) {
    await runText(ctx, session, sql, where);
    return;
  }
  const path = resolve(ctx.plan.baseDir, sql.trim());
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) {
    throw new InputError([
      {
        file: ctx.plan.scenarioFile,
        path: where,
        message: `there is no file ${path}`,
        hint: 'paths start beside the scenario',
      },
    ]);
  }
  if (await isPlainDump(path)) await loadPlainDump(session, path, path);
  else await runText(ctx, session, await readFile(path, 'utf8'), path);
}

async function runText(ctx: RunContext, session: DriverSession, text: string, name: string): Promise<void> {
  const { statements, problems } = await splitSql(text, { file: name });
  if (problems.length > 0) throw new InputError(problems);
  // Statement by statement as psql does; without transactions of its own the file gets one, so that ten thousand
  // INSERTs are not ten thousand commits.
  const own = statements.some((statement) => statement.kind !== 'other');
  let open = false;
  for (const statement of statements) {
    ctx.signal.throwIfAborted();
    if (!own && statement.transactional !== open) {
      await session.query(open ? 'COMMIT' : 'BEGIN');
      open = !open;
    }
    await runStatement(session, statement, name);
  }
  if (open) await session.query('COMMIT');
}

async function runStatement(session: DriverSession, statement: SqlStatement, name: string): Promise<void> {
  try {
    await session.query(statement.text);
  } catch (error) {
    const position = positionOfError(error);
    const line = position === undefined ? statement.line : lineAt(statement.text, position, statement.line);
    throw dataError(`${name}:${line}`, error);
  }
}
