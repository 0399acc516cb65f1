import pg from 'pg';
import { openSession } from '../../../src/environment/database/session.js';
import type { Database } from '../../../src/model/contracts.js';
import type { TestPostgres } from '../../support/postgres.js';

/** As much of a Database as the probes use: the test's server, as `owner` or as a role that the test made. */
export async function databaseOf(postgres: TestPostgres, name = 'postgres'): Promise<Database> {
  const url = (role: string) => {
    const own = new URL(postgres.url);
    own.pathname = `/${name}`;
    if (role !== 'owner') {
      own.username = role;
      own.password = role;
    }
    return own.href;
  };
  const client = new pg.Client({ connectionString: url('owner') });
  await client.connect();
  const { rows } = await client.query<{ v: string }>(`select current_setting('server_version_num') as v`);
  await client.end();
  const open = (role: string) =>
    openSession({
      url: url(role),
      limits: { lockTimeoutMs: 2_000, statementTimeoutMs: 60_000 },
      canceller: () => openSession({ url: url('owner') }),
    });
  return {
    versionNumber: Number(rows[0]?.v),
    name,
    statisticsDatabase: name,
    connect: ({ role }) => open(role),
    urlFor: ({ role }) => url(role),
    defaultRole: () => 'owner',
    clone: () => Promise.reject(new Error('not here')),
    toRunUs: () => ({ atUs: 0, errorUs: 0 }),
    readLog: () => Promise.resolve({ unavailable: 'not here' }),
  };
}
