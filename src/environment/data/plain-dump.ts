import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import type { DriverSession } from '../database/session.js';
import { dataError, lineAt, positionOfError } from './data-error.js';

/** How pg_dump writes the head of a data block: always on a line of its own. */
const copyHead = /^COPY .+ FROM stdin;\s*$/i;
/** psql's sandbox marks of pg_dump since August 2025, and the reconnects of pg_dumpall: nothing to do for us. */
const ignoredMeta = /^\\(?:restrict|unrestrict)\b/;

async function* linesOf(path: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  try {
    yield* lines;
  } finally {
    lines.close();
  }
}

/** True for a file with COPY … FROM stdin data, as a plain pg_dump has. */
export async function isPlainDump(path: string): Promise<boolean> {
  for await (const line of linesOf(path)) if (copyHead.test(line)) return true;
  return false;
}

/**
 * Runs a plain pg_dump: what stands between its data blocks as SQL, the blocks as COPY streams. Other backslash
 * commands of psql are refused with their line. `SET` lines of the dump last for this session only.
 */
export async function loadPlainDump(session: DriverSession, path: string, name: string): Promise<void> {
  let sql = '';
  let sqlFrom = 1;
  let lineNumber = 0;
  const flush = async (): Promise<void> => {
    const text = sql;
    sql = '';
    if (text.trim() === '') return;
    try {
      await session.query(text);
    } catch (error) {
      const position = positionOfError(error);
      const line = position === undefined ? sqlFrom : lineAt(text, position, sqlFrom);
      throw dataError(`${name}:${line}`, error);
    }
  };
  const lines = linesOf(path);
  for await (const line of lines) {
    lineNumber += 1;
    if (copyHead.test(line)) {
      await flush();
      lineNumber = await copyBlock(session, line, lines, lineNumber, name);
      sqlFrom = lineNumber + 1;
    } else if (ignoredMeta.test(line)) {
      sql += '\n';
    } else if (line.startsWith('\\')) {
      throw dataError(
        `${name}:${lineNumber}`,
        new Error(`psql's ${line.split(/\s/)[0]} is not understood`),
        'load such a file with psql: as a step, command: [psql, -v, ON_ERROR_STOP=1, -f, FILE]; or dump without it',
      );
    } else {
      sql += `${line}\n`;
    }
  }
  await flush();
}

const chunkLength = 64 * 1024;

/** Streams the lines up to `\.`; returns the number of that line. */
async function copyBlock(
  session: DriverSession,
  head: string,
  lines: AsyncGenerator<string>,
  headLine: number,
  name: string,
): Promise<number> {
  const stream = session.client.query(copyFrom(head.trim().replace(/;$/, '')));
  const done = finished(stream);
  done.catch(() => undefined);
  let lineNumber = headLine;
  let chunk = '';
  const write = async (): Promise<void> => {
    if (!stream.write(chunk)) {
      await Promise.race([new Promise((resolve) => stream.once('drain', resolve)), done]);
    }
    chunk = '';
  };
  try {
    for (;;) {
      const next = await lines.next();
      if (next.done) throw new Error('the data of this COPY has no end (a line \\.)');
      lineNumber += 1;
      if (next.value === '\\.') break;
      chunk += `${next.value}\n`;
      if (chunk.length >= chunkLength) await write();
    }
    if (chunk !== '') await write();
    stream.end();
    await done;
  } catch (error) {
    stream.destroy();
    throw dataError(`${name}:${headLine}`, error);
  }
  return lineNumber;
}
