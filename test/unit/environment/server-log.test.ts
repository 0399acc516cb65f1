import { expect, test } from 'vitest';
import { logThroughSql } from '../../../src/environment/database/server-log.js';
import { cutShort } from '../../../src/environment/embedded/log-file.js';
import { TeardownStack } from '../../../src/foundation/teardown.js';
import type { PgSession } from '../../../src/model/contracts.js';

test('a rotated log is read to its end, then the new file from its beginning', async () => {
  const files: Record<string, string> = { 'a.json': 'one\n' };
  let current = 'a.json';
  const session = {
    query: (sql: string, params: [string, number, number] = ['', 0, 0]) => {
      if (sql.includes('pg_current_logfile'))
        return Promise.resolve({ rows: [{ path: current }], rowCount: 1 });
      const [file, from] = params;
      const text = files[file];
      const row =
        text === undefined
          ? { chunk: null, size: null }
          : { chunk: Buffer.from(text).subarray(from), size: String(Buffer.byteLength(text)) };
      return Promise.resolve({ rows: [row], rowCount: 1 });
    },
    close: () => Promise.resolve(),
  } as unknown as PgSession;
  const readLog = logThroughSql(() => Promise.resolve(session), new TeardownStack());

  expect(await readLog(0)).toEqual({ text: 'one\n', nextByte: 4 });
  files['a.json'] += 'two\nthree\n';
  files['b.json'] = 'four\n';
  current = 'b.json';
  expect(await readLog(4)).toEqual({ text: 'two\nthree\n', nextByte: 14 });
  expect(await readLog(14)).toEqual({ text: 'four\n', nextByte: 5 });
  expect(await readLog(5)).toEqual({ text: '', nextByte: 5 });

  // Emptied where it lies: what stood there is lost, and what comes is read.
  files['b.json'] = '';
  expect(await readLog(5)).toEqual({ text: '', nextByte: 0, lost: cutShort });
  files['b.json'] = 'x\n';
  expect(await readLog(0)).toEqual({ text: 'x\n', nextByte: 2 });

  // The old file may be gone before its rest was read.
  delete files['b.json'];
  files['c.json'] = 'five\n';
  current = 'c.json';
  const lost = 'a file of it was gone before it was read to its end';
  expect(await readLog(2)).toEqual({ text: 'five\n', nextByte: 5, lost });
  expect(await readLog(5)).toEqual({ text: '', nextByte: 5 });
});
