import type { InputProblem } from '../foundation/errors.js';

type Direction = 'up' | 'down';

export type MigrationTool = 'goose' | 'dbmate' | 'node-pg-migrate';

export interface Section {
  /** As long as the file, with everything outside the section blanked: offsets and lines stay the file's. */
  text: string;
  /** Whose markers the file has; undefined: none, the whole file is the section. */
  tool?: MigrationTool;
  /** The tool runs this section inside a transaction of its own. */
  wrapped?: boolean;
  problems: InputProblem[];
}

interface Line {
  text: string;
  from: number;
  to: number;
}

/**
 * The markers as the tools themselves match them: goose internal/sqlparser, dbmate pkg/dbmate/migration.go,
 * node-pg-migrate src/sqlMigration.ts. They are comments on a line of their own.
 */
const markers: { tool: MigrationTool; pattern: RegExp }[] = [
  { tool: 'goose', pattern: /^\s*--\s*\+goose\s+(up|down)\b(.*)$/i },
  { tool: 'dbmate', pattern: /^\s*--\s*migrate:(up|down)\b(.*)$/ },
  { tool: 'node-pg-migrate', pattern: /^\s*--[\s-]*(up|down)\s+migration(.*)$/i },
];

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let from = 0;
  while (from < text.length) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline + 1;
    lines.push({ text: text.slice(from, to).replace(/\r?\n$/, ''), from, to });
    from = to;
  }
  return lines;
}

/** Blanks all but line ends; a character becomes as many spaces as it has bytes, so byte offsets stay. */
function blank(text: string): string {
  return text.replace(/[^\r\n]/gu, (c) => ' '.repeat(Buffer.byteLength(c)));
}

/**
 * The up or down section of a goose, dbmate or node-pg-migrate file, by the tool's own markers. A file without
 * markers is returned whole; asked for a section of it, that is a problem.
 */
export function findSection(
  source: string,
  options: { file: string; section?: Direction | undefined },
): Section {
  const { file, section } = options;
  const lines = linesOf(source);
  const found = markersOf(lines);
  const first = found[0];
  if (!first) {
    if (section === undefined) return { text: source, problems: [] };
    return {
      text: source,
      problems: [
        {
          file,
          message: `section: ${section} was asked, but the file has no section markers`,
          hint: 'known markers: "-- +goose Up", "-- migrate:up", "-- Up Migration"; or leave section out to run the whole file',
        },
      ],
    };
  }

  const tool = first.tool;
  if (section === undefined) {
    return {
      text: blank(source),
      tool,
      problems: [
        {
          file,
          line: first.at + 1,
          message: `this is a ${tool} file with up and down sections`,
          hint: 'say which to run: section: up, or section: down',
        },
      ],
    };
  }
  const start = found.find((m) => m.direction === section);
  if (!start) {
    return {
      text: blank(source),
      tool,
      problems: [{ file, message: `the ${tool} file has no ${section} section` }],
    };
  }
  const end = found.find((m) => m.at > start.at && m.direction !== section);
  const from = lines[start.at]?.to ?? source.length;
  const to = end ? (lines[end.at]?.from ?? source.length) : source.length;
  const problems: InputProblem[] = [];
  const envsub = tool === 'goose' && lines.findIndex((l) => /^\s*--\s*\+goose\s+ENVSUB\s+ON/i.test(l.text));
  if (envsub !== false && envsub >= 0) {
    problems.push({
      file,
      line: envsub + 1,
      message: 'goose would fill in environment variables here, dten does not',
      hint: 'run the tool itself: command: [goose, …, up]',
    });
  }
  return {
    text: blank(source.slice(0, from)) + source.slice(from, to),
    tool,
    wrapped: !optsOut(tool, lines, start.rest),
    problems,
  };
}

interface Marker {
  at: number;
  tool: MigrationTool;
  direction: Direction;
  rest: string;
}

/**
 * The markers of one tool, the first in the list that has any: node-pg-migrate's read like prose, and in another
 * tool's file `-- Down migration drops it again` is a remark that ends no section.
 */
function markersOf(lines: readonly Line[]): Marker[] {
  for (const { tool, pattern } of markers) {
    const found = lines.flatMap(({ text }, at): Marker[] => {
      const match = pattern.exec(text);
      return match
        ? [{ at, tool, direction: match[1]?.toLowerCase() as Direction, rest: match[2] ?? '' }]
        : [];
    });
    if (found.length > 0) return found;
  }
  return [];
}

/** `-- +goose NO TRANSACTION` counts for the whole file, dbmate's `transaction:false` for its section. */
function optsOut(tool: MigrationTool, lines: readonly Line[], rest: string): boolean {
  if (tool === 'goose') return lines.some((l) => /^\s*--\s*\+goose\s+NO\s+TRANSACTION\b/i.test(l.text));
  if (tool === 'dbmate') return /\btransaction:false\b/.test(rest);
  return false;
}
