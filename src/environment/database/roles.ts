import { randomBytes } from 'node:crypto';
import { DtenError, messageOf } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import type { PgSession } from '../../model/contracts.js';
import type { Scenario } from '../../model/scenario.js';
import { quoteIdent, quoteLiteral, quoteSetting } from './quote.js';

export type RoleSpecs = NonNullable<Scenario['environment']['database']>['roles'];

/** The name by which scenarios mean the privileged connection. */
export const ownerRole = 'owner';

/** Marks a role as made by dten, so that a later run on an external database may reuse it. */
const mark = 'made by dten for a rehearsal';

function bad(role: string, message: string, hint: string, cause?: unknown): DtenError {
  return new DtenError('bad-role', `environment.database.roles.${role}: ${message}`, {
    exitCode: exitCodes.badInput,
    hint,
    cause,
  });
}

/**
 * Makes the scenario's roles, none of them superuser, each with its own settings; returns their passwords.
 * A role that exists already and is not of dten's making is never changed: exit 2.
 */
export async function createRoles(session: PgSession, roles: RoleSpecs): Promise<Map<string, string>> {
  const passwords = new Map<string, string>();
  for (const [name, spec] of Object.entries(roles)) {
    if (name === ownerRole || name.startsWith('pg_')) {
      throw bad(
        name,
        'this name is taken',
        `call it another name; ${ownerRole} is the privileged connection`,
      );
    }
    const password = randomBytes(18).toString('hex');
    const login = `LOGIN PASSWORD ${quoteLiteral(password)}`;
    const { rows } = await session.query(
      `select shobj_description(oid, 'pg_authid') as comment from pg_roles where rolname = $1`,
      [name],
    );
    if (rows.length === 0) {
      await session.query(`CREATE ROLE ${quoteIdent(name)} ${login}`);
      await session.query(`COMMENT ON ROLE ${quoteIdent(name)} IS ${quoteLiteral(mark)}`);
    } else if (rows[0]?.comment === mark) {
      await session.query(`ALTER ROLE ${quoteIdent(name)} ${login}`);
    } else {
      throw bad(
        name,
        'the database has this role already, and dten does not change roles that it did not make',
        `give the rehearsal a role of another name, or leave it out and use role: ${ownerRole}`,
      );
    }
    passwords.set(name, password);
    for (const [setting, value] of Object.entries(spec.settings)) {
      try {
        await session.query(
          `ALTER ROLE ${quoteIdent(name)} SET ${quoteSettingName(setting)} = ${quoteSetting(setting, value)}`,
        );
      } catch (error) {
        throw bad(
          name,
          `settings.${setting}: ${messageOf(error)}`,
          'a setting that ALTER ROLE … SET takes',
          error,
        );
      }
    }
  }
  return passwords;
}

/** `statement_timeout`, or an extension's `app.tenant`. */
function quoteSettingName(name: string): string {
  return name.split('.').map(quoteIdent).join('.');
}

/**
 * Gives the scenario's schemas to their owners, and the database to who owns `public`, as Postgres 15 has it
 * (pg_database_owner); such a role may make schemas and trusted extensions, as migrators do.
 */
export async function giveSchemas(session: PgSession, database: string, roles: RoleSpecs): Promise<void> {
  for (const [role, { owns }] of Object.entries(roles)) {
    for (const schema of owns) {
      await session.query(`CREATE SCHEMA IF NOT EXISTS ${quoteIdent(schema)}`);
      await session.query(`ALTER SCHEMA ${quoteIdent(schema)} OWNER TO ${quoteIdent(role)}`);
      if (schema === 'public') {
        await session.query(`ALTER DATABASE ${quoteIdent(database)} OWNER TO ${quoteIdent(role)}`);
      }
    }
  }
}

/** Statements that give what is in a schema to a role; parts of extensions and sequences of columns stay with theirs. */
const ownershipSql = `
  with ours as (
    select case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' when 'f' then 'FOREIGN TABLE'
             when 'S' then 'SEQUENCE' when 'c' then 'TYPE' else 'TABLE' end as kind,
           format('%I.%I', n.nspname, c.relname) as name, c.relowner as owner, c.oid, 'pg_class'::regclass as class
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c')
    union all
    select 'ROUTINE', p.oid::regprocedure::text, p.proowner, p.oid, 'pg_proc'::regclass
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1
    union all
    select 'TYPE', format('%I.%I', n.nspname, t.typname), t.typowner, t.oid, 'pg_type'::regclass
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
     where n.nspname = $1 and t.typtype in ('e', 'd', 'r'))
  select format('ALTER %s %s OWNER TO %I', kind, name, $2::text) as sql
    from ours
   where owner <> (select oid from pg_roles where rolname = $2)
     and not exists (select from pg_depend d where d.classid = ours.class and d.objid = ours.oid
                        and d.deptype in ('e', 'a', 'i'))`;

/** Rights on tables and sequences by what a role may do. */
const rights = {
  readwrite: { tables: 'SELECT, INSERT, UPDATE, DELETE', sequences: 'USAGE, SELECT, UPDATE' },
  read: { tables: 'SELECT', sequences: 'SELECT' },
} as const;

/**
 * After the data: what was made in a role's schemas is its own, and the others have their rights on every user
 * schema, also on what their owners will make there (default privileges).
 */
export async function settleRights(session: PgSession, roles: RoleSpecs): Promise<void> {
  for (const [role, { owns }] of Object.entries(roles)) {
    for (const schema of owns) {
      const { rows } = await session.query(ownershipSql, [schema, role]);
      for (const { sql } of rows) await session.query(String(sql));
    }
  }
  const { rows } = await session.query(
    `select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`,
  );
  const schemas = rows.map((row) => quoteIdent(String(row.nspname))).join(', ');
  const owners = Object.entries(roles)
    .filter(([, { owns }]) => owns.length > 0)
    .map(([role]) => quoteIdent(role));
  for (const [name, { grants }] of Object.entries(roles)) {
    if (grants === 'none') continue;
    const role = quoteIdent(name);
    const { tables, sequences } = rights[grants];
    await session.query(`GRANT USAGE ON SCHEMA ${schemas} TO ${role}`);
    await session.query(`GRANT ${tables} ON ALL TABLES IN SCHEMA ${schemas} TO ${role}`);
    await session.query(`GRANT ${sequences} ON ALL SEQUENCES IN SCHEMA ${schemas} TO ${role}`);
    for (const creator of [...owners, 'CURRENT_USER'].filter((owner) => owner !== role)) {
      const from = `ALTER DEFAULT PRIVILEGES FOR ROLE ${creator} GRANT`;
      await session.query(`${from} USAGE ON SCHEMAS TO ${role}`);
      await session.query(`${from} ${tables} ON TABLES TO ${role}`);
      await session.query(`${from} ${sequences} ON SEQUENCES TO ${role}`);
    }
  }
}
