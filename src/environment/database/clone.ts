import { DtenError, messageOf } from '../../foundation/errors.js';
import type { PgSession } from '../../model/contracts.js';
import { quoteIdent, quoteLiteral, quoteSetting } from './quote.js';

/**
 * Copies a database at the level of files (CREATE DATABASE … TEMPLATE), and restores what that loses: the owner,
 * database-level settings, and grants on the database. Planner statistics come along; cumulative ones do not.
 * Fails while anyone is connected to the source.
 * @param session on another database of the server, as a superuser
 */
export async function cloneDatabase(
  session: PgSession,
  source: string,
  target: string,
  versionNumber: number,
): Promise<void> {
  const { rows } = await session.query(
    'select pg_get_userbyid(datdba) as owner from pg_database where datname = $1',
    [source],
  );
  const owner = String(rows[0]?.owner);
  const strategy = versionNumber >= 150_000 ? ' STRATEGY FILE_COPY' : '';
  await session.query(`DROP DATABASE IF EXISTS ${quoteIdent(target)}`);
  try {
    // The server itself waits 5 s for sessions that are about to end.
    await session.query(
      `CREATE DATABASE ${quoteIdent(target)} OWNER ${quoteIdent(owner)} TEMPLATE ${quoteIdent(source)}${strategy}`,
    );
  } catch (error) {
    throw await cloneFailure(session, source, error);
  }
  await restoreSettings(session, source, target);
  await restoreGrants(session, source, target);
}

async function cloneFailure(session: PgSession, source: string, error: unknown): Promise<DtenError> {
  const { rows } = await session.query(
    `select distinct application_name as name from pg_stat_activity where datname = $1 order by 1`,
    [source],
  );
  const who = rows.map((row) => String(row.name) || 'without a name').join(', ');
  return new DtenError('clone-failed', `the database ${source} could not be cloned: ${messageOf(error)}`, {
    cause: error,
    ...(who ? { hint: `a clone is made while nobody is connected; connected now: ${who}` } : {}),
  });
}

async function restoreSettings(session: PgSession, source: string, target: string): Promise<void> {
  const { rows } = await session.query(
    `select r.rolname as role, unnest(s.setconfig) as setting
       from pg_db_role_setting s
       join pg_database d on d.oid = s.setdatabase
       left join pg_roles r on r.oid = s.setrole
      where d.datname = $1`,
    [source],
  );
  for (const row of rows) {
    const setting = String(row.setting);
    const name = setting.slice(0, setting.indexOf('='));
    const value = setting.slice(name.length + 1);
    const whose =
      typeof row.role !== 'string'
        ? `DATABASE ${quoteIdent(target)}`
        : `ROLE ${quoteIdent(row.role)} IN DATABASE ${quoteIdent(target)}`;
    await session.query(`ALTER ${whose} SET ${name} = ${quoteSetting(name, value)}`);
  }
}

async function restoreGrants(session: PgSession, source: string, target: string): Promise<void> {
  const { rows } = await session.query(
    `select a.privilege_type as privilege, a.is_grantable as grantable, r.rolname as grantee
       from pg_database d, aclexplode(d.datacl) a left join pg_roles r on r.oid = a.grantee
      where d.datname = $1`,
    [source],
  );
  if (rows.length === 0) return;
  // Explicit grants replace the defaults: what PUBLIC lost in the source it must not have in the copy.
  const database = quoteIdent(target);
  await session.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  for (const { privilege, grantable, grantee } of rows) {
    const to = typeof grantee === 'string' ? quoteIdent(grantee) : 'PUBLIC';
    const option = grantable === true ? ' WITH GRANT OPTION' : '';
    await session.query(`GRANT ${String(privilege)} ON DATABASE ${database} TO ${to}${option}`);
  }
}

/** Drops a database together with its sessions. */
export async function dropDatabase(session: PgSession, name: string, versionNumber: number): Promise<void> {
  if (versionNumber >= 130_000) {
    await session.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)} WITH (FORCE)`);
    return;
  }
  await session.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = ${quoteLiteral(name)}`,
  );
  await session.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)}`);
}
