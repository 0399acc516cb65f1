import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { resultHeadSchema, type ResultHead } from '../model/result-head.js';
import type { ResultJson } from '../model/result.js';

const headBytes = 4096;
/** Shared by all reads, which are synchronous. */
const first = Buffer.alloc(headBytes);
const longestBecause = 300;
/** What is larger is not opened for a list. */
const mostBytes = 256 * 1024 ** 2;

/** The head of a result, as result.json carries it. */
export function headOf(result: ResultJson): ResultHead {
  const { scenario, startedAt, endedAt, ended, verdict, revision } = result;
  const because = verdict.because.length > longestBecause ? `${verdict.because.slice(0, longestBecause)}…` : verdict.because;
  return {
    scenario,
    startedAt,
    endedAt,
    ended,
    verdict: verdict.verdict,
    because,
    ...(revision !== undefined && { revision }),
  };
}

/**
 * The head of a result.json: from its first bytes, or, of one written before heads were, from its lines, or, of one
 * that somebody has formatted anew, from the whole document. Does not follow symbolic links. Synchronous, since a
 * list reads thousands, and a turn of the thread pool costs more than the read.
 * @throws what is wrong with the file.
 */
export function readHead(path: string): ResultHead {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const text = first.toString('utf8', 0, readSync(file, first, 0, headBytes, 0));
    const stands = /\n "head": (\{\n[\s\S]*?\n \}),?\n/.exec(text)?.[1];
    if (stands !== undefined) return resultHeadSchema.parse(JSON.parse(stands));
    if (fstatSync(file).size > mostBytes) throw new Error('result.json is too large to be listed');
    const all = readFileSync(file, 'utf8');
    return headOfLines(all) ?? headOf(JSON.parse(all) as ResultJson);
  } finally {
    closeSync(file);
  }
}

/** Top-level members stand one space in, each on lines of its own; a string holds no line end. */
function headOfLines(all: string): ResultHead | undefined {
  const member = (name: string, indent = ' ', from = 0): unknown => {
    const at = all.indexOf(`\n${indent}"${name}": `, from);
    if (at < 0) return undefined;
    const start = at + name.length + indent.length + 5;
    const line = all.slice(start, all.indexOf('\n', start));
    try {
      return JSON.parse(line.replace(/,$/, ''));
    } catch {
      return undefined; // a member of several lines
    }
  };
  const verdictAt = all.lastIndexOf('\n "verdict": {\n');
  const parsed = resultHeadSchema.safeParse({
    scenario: member('scenario'),
    startedAt: member('startedAt'),
    endedAt: member('endedAt'),
    ended: member('ended'),
    verdict: verdictAt < 0 ? undefined : member('verdict', '  ', verdictAt),
    because: verdictAt < 0 ? undefined : member('because', '  ', verdictAt),
  });
  return parsed.success ? parsed.data : undefined;
}
