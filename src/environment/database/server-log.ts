import type { TeardownStack } from '../../foundation/teardown.js';
import type { LogChunk, PgSession } from '../../model/contracts.js';
import { messageOf } from '../../foundation/errors.js';
import { cutShort, wholeLines } from '../embedded/log-file.js';

const chunkBytes = 4 * 1024 * 1024;
const gone = 'a file of it was gone before it was read to its end';

/** The size is of no earlier moment than the bytes: a file that only grows is never taken for one cut short. */
const readQuery = `
select pg_read_binary_file($1, $2, $3, true) as chunk, (pg_stat_file($1, true)).size::text as size`;

/**
 * Reads the server's jsonlog through SQL, for servers whose disk is not ours: pg_read_binary_file of
 * pg_current_logfile('jsonlog'), which needs a superuser (or pg_read_server_files and pg_monitor). When the server
 * has begun a new file, the old one is read to its end first; then nextByte counts from the new one's beginning.
 */
export function logThroughSql(
  connect: () => Promise<PgSession>,
  teardown: TeardownStack,
): (fromByte: number) => Promise<LogChunk | { unavailable: string }> {
  let session: PgSession | undefined;
  let reading: string | undefined;
  teardown.defer('log session', () => session?.close());
  return async (fromByte) => {
    try {
      session ??= await connect();
      const file = await session.query("select pg_current_logfile('jsonlog') as path");
      const path = file.rows[0]?.path;
      if (typeof path !== 'string') {
        return {
          unavailable:
            'the server writes no jsonlog (logging_collector = on and log_destination = jsonlog, PostgreSQL 15 or later)',
        };
      }
      const from = session;
      const read = async (file: string, at: number): Promise<LogChunk> => {
        const { rows } = await from.query(readQuery, [file, at, chunkBytes]);
        const { chunk, size } = rows[0] ?? {};
        // null where the file is gone.
        if (typeof size !== 'string' || !Buffer.isBuffer(chunk))
          return { text: '', nextByte: at, lost: gone };
        if (Number(size) >= at) return wholeLines(chunk, at);
        return { ...(await read(file, 0)), lost: cutShort };
      };
      reading ??= path;
      if (reading !== path) {
        const rest = await read(reading, fromByte);
        if (rest.text !== '') return rest;
        reading = path;
        const next = await read(path, 0);
        return rest.lost === undefined ? next : { ...next, lost: rest.lost };
      }
      return await read(path, fromByte);
    } catch (error) {
      await session?.close();
      session = undefined;
      return { unavailable: messageOf(error) };
    }
  };
}
