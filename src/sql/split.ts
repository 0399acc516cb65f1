import type { InputProblem } from '../foundation/errors.js';
import type { SqlStatement } from '../model/plan.js';
import { parseSql, tokensOf, type GrammarError, type ParsedStatement } from './grammar.js';
import { byteOfCharacter, Positions } from './position.js';
import { findSection, type MigrationTool } from './sections.js';
import { isTransactional, kindOf } from './statement-facts.js';

export interface SplitOptions {
  /** Names the problems; for inline SQL e.g. `scenario.yaml`. */
  file: string;
  section?: 'up' | 'down' | undefined;
}

export interface SplitSql {
  statements: SqlStatement[];
  /** Who draws the transaction boundary, where the file's own markers decide it. */
  marker?: 'file' | 'statement';
  problems: InputProblem[];
}

/** Errors after which reading on gives only noise. */
const maxSyntaxErrors = 20;

const usePsql = 'psql reads this, Postgres does not: use command: [psql, -v, ON_ERROR_STOP=1, -f, file]';

/**
 * Splits SQL by Postgres's own grammar, never by hand. Sections of goose, dbmate and node-pg-migrate files are
 * found by those tools' markers. Never throws for wrong SQL: `problems` has file:line:column and the parser's
 * message, one for each statement that does not parse.
 */
export async function splitSql(text: string, options: SplitOptions): Promise<SplitSql> {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text;
  const section = findSection(source, options);
  const bytes = Buffer.from(section.text);
  const positions = new Positions(bytes);
  const { parsed, problems } = await parseAll(section.text, bytes, positions, options.file);
  problems.push(...copyProblems(parsed, positions, options.file));
  problems.push(...chainProblems(parsed, positions, options.file));

  const statements = parsed.map((statement, index): SqlStatement => ({
    index,
    text: bytes.toString('utf8', statement.startByte, statement.endByte).trim(),
    ...positions.of(statement.startByte),
    node: statement.node,
    kind: kindOf(statement),
    transactional: isTransactional(statement),
  }));
  const boundary =
    section.tool && boundaryOf(section.tool, section.wrapped ?? true, statements, options.file);
  return {
    statements,
    ...(boundary ? { marker: boundary.marker } : {}),
    problems: [...section.problems, ...problems, ...(boundary?.problems ?? [])],
  };
}

/**
 * dbmate sends a section as one string, and Postgres runs a string of several statements in one implicit
 * transaction even where the tool opens none (github.com/amacneil/dbmate issues 126, 182, 285).
 */
function boundaryOf(
  tool: MigrationTool,
  wrapped: boolean,
  statements: readonly SqlStatement[],
  file: string,
): { marker: 'file' | 'statement'; problems: InputProblem[] } {
  if (wrapped) return { marker: 'file', problems: [] };
  if (tool !== 'dbmate' || statements.length <= 1 || statements.some((s) => s.kind !== 'other')) {
    return { marker: 'statement', problems: [] };
  }
  const refused = statements.find((s) => !s.transactional);
  if (!refused) return { marker: 'file', problems: [] };
  return {
    marker: 'statement',
    problems: [
      {
        file,
        line: refused.line,
        message:
          'dbmate sends this section as one string, which Postgres runs in one implicit transaction: this statement refuses that',
        hint: 'put it into a migration of its own',
      },
    ],
  };
}

/** Parses; after a syntax error goes on behind the next semicolon of Postgres's lexer, to report the rest too. */
async function parseAll(
  text: string,
  bytes: Buffer,
  positions: Positions,
  file: string,
): Promise<{ parsed: ParsedStatement[]; problems: InputProblem[] }> {
  const whole = await parseSql(text);
  if (Array.isArray(whole)) return { parsed: whole, problems: [] };

  const parsed: ParsedStatement[] = [];
  const problems: InputProblem[] = [];
  let offset = 0;
  let failure: GrammarError | undefined = whole.error;
  while (failure && problems.length < maxSyntaxErrors) {
    const rest = bytes.subarray(offset);
    const errorByte = byteOfCharacter(rest, failure.atCharacter ?? 0);
    const breaks = await semicolons(rest, errorByte);
    const before = breaks.filter((b) => b < errorByte).at(-1);
    if (before !== undefined) {
      const good = await parseSql(rest.toString('utf8', 0, before + 1));
      if (Array.isArray(good)) {
        parsed.push(
          ...good.map((s) => ({ ...s, startByte: s.startByte + offset, endByte: s.endByte + offset })),
        );
      }
    }
    problems.push(syntaxProblem(failure, bytes, positions, offset + errorByte, parsed.at(-1), file));
    const skip = resumeAfter(rest, errorByte, breaks, parsed.at(-1));
    if (skip === undefined) break;
    offset += skip;
    const next = await parseSql(bytes.toString('utf8', offset));
    if (Array.isArray(next)) {
      parsed.push(
        ...next.map((s) => ({ ...s, startByte: s.startByte + offset, endByte: s.endByte + offset })),
      );
      failure = undefined;
    } else {
      failure = next.error;
    }
  }
  return { parsed, problems };
}

/** Byte offsets of the semicolons that end statements; only those up to the error where the rest does not lex. */
async function semicolons(rest: Buffer, errorByte: number): Promise<number[]> {
  const tokens =
    (await tokensOf(rest.toString('utf8'))) ?? (await tokensOf(rest.toString('utf8', 0, errorByte)));
  return (tokens ?? []).filter((t) => t.text === ';').map((t) => t.startByte);
}

function isCopyStdin(statement: ParsedStatement | undefined): boolean {
  return (
    statement?.node === 'CopyStmt' &&
    statement.body.filename === undefined &&
    statement.body.is_program !== true
  );
}

/** Where to read on: after COPY data's `\.` line, a meta-command's line, else the statement's semicolon. */
function resumeAfter(
  rest: Buffer,
  errorByte: number,
  breaks: readonly number[],
  last: ParsedStatement | undefined,
): number | undefined {
  if (isCopyStdin(last)) {
    const end = /(?:^|\n)\\\.(?:\r?\n|$)/.exec(rest.toString('latin1', errorByte));
    if (end) return errorByte + end.index + end[0].length;
  }
  if (rest[errorByte] === 0x5c) {
    const newline = rest.indexOf(0x0a, errorByte);
    return newline < 0 ? undefined : newline + 1;
  }
  const next = breaks.find((b) => b >= errorByte);
  return next === undefined ? undefined : next + 1;
}

function syntaxProblem(
  error: GrammarError,
  bytes: Buffer,
  positions: Positions,
  atByte: number,
  last: ParsedStatement | undefined,
  file: string,
): InputProblem {
  const at = { file, ...positions.of(atByte) };
  const meta = bytes[atByte] === 0x5c;
  const variable = bytes[atByte] === 0x3a;
  if (meta || variable || isCopyStdin(last)) {
    const what = meta ? 'a psql meta-command' : variable ? 'a psql variable' : 'COPY data';
    return { ...at, message: `${what}: ${error.message}`, hint: usePsql };
  }
  return { ...at, message: error.message };
}

function copyProblems(
  parsed: readonly ParsedStatement[],
  positions: Positions,
  file: string,
): InputProblem[] {
  return parsed.filter(isCopyStdin).map((statement) => ({
    file,
    ...positions.of(statement.startByte),
    message: `COPY ${statement.body.is_from === true ? 'FROM stdin' : 'TO stdout'} needs a client that streams the data`,
    hint: usePsql,
  }));
}

/** COMMIT AND CHAIN opens the next transaction unseen, so a retry could not tell where it began. */
function chainProblems(
  parsed: readonly ParsedStatement[],
  positions: Positions,
  file: string,
): InputProblem[] {
  return parsed
    .filter((s) => s.node === 'TransactionStmt' && s.body.chain === true)
    .map((statement) => ({
      file,
      ...positions.of(statement.startByte),
      message: 'AND CHAIN is not supported',
      hint: 'write COMMIT; BEGIN; instead',
    }));
}
