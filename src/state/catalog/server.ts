import { grants, named, sorted, type CatalogQuery } from './catalog-query.js';

const settingsOf = (role: string, database: string): string =>
  `(select json_agg(x order by x) from (select coalesce((select datname || ': ' from pg_database where oid = s.setdatabase), '')
      || unnest(s.setconfig) as x from pg_db_role_setting s where s.setrole = ${role} and ${database}) u)`;

export interface ServerOptions {
  mayReadPasswords: boolean;
  /** LIKE patterns of the roles that probes of credentials look at: each thing left behind is told once. */
  rolesElsewhere: readonly string[];
}

/** Independent of standard_conforming_strings; a backslash escapes in LIKE too, and stays one. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Roles are the server's, not the database's: one that a migration mints outlives any restore of the database. */
const roles = ({ mayReadPasswords, rolesElsewhere }: ServerOptions): CatalogQuery => ({
  probe: 'catalog.roles',
  class: 'credential',
  secrets: ['password'],
  sql: (version) => `
    select quote_ident(r.rolname) as key, json_build_object(
        'superuser', r.rolsuper, 'inherit', r.rolinherit, 'createRole', r.rolcreaterole, 'createDb', r.rolcreatedb,
        'login', r.rolcanlogin, 'replication', r.rolreplication, 'bypassRls', r.rolbypassrls,
        'connectionLimit', r.rolconnlimit, 'validUntil', r.rolvaliduntil,
        ${mayReadPasswords ? "'password', (select a.rolpassword from pg_authid a where a.oid = r.oid)," : ''}
        'memberOf', (select json_agg(json_build_array(g.rolname, m.admin_option
                       ${version >= 160_000 ? ', m.inherit_option, m.set_option' : ''}) order by g.rolname, pg_get_userbyid(m.grantor))
                       from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid),
        'settings', ${settingsOf('r.oid', 'true')},
        'comment', (select description from pg_shdescription
                     where classoid = 'pg_authid'::regclass and objoid = r.oid)) as value
      from pg_roles r where r.rolname !~ '^pg_'${rolesElsewhere.map((pattern) => ` and r.rolname not like ${literal(pattern)}`).join('')}`,
});

const defaultPrivileges: CatalogQuery = {
  probe: 'catalog.defaultPrivileges',
  class: 'credential',
  sql: () => `
    select pg_get_userbyid(d.defaclrole) || coalesce(' in ' || quote_ident(n.nspname), '') || ' on '
           || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                when 'T' then 'types' when 'n' then 'schemas' else d.defaclobjtype::text end as key,
           ${sorted('d.defaclacl::text[]')} as value
      from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace`,
};

const database: CatalogQuery = {
  probe: 'catalog.database',
  class: 'config',
  sql: () => `
    select quote_ident(d.datname) as key, json_build_object('owner', pg_get_userbyid(d.datdba),
        'connectionLimit', d.datconnlimit, 'allowConnections', d.datallowconn,
        'grants', ${grants('d.datacl', 'd', 'd.datdba')},
        'settings', ${settingsOf('0', 's.setdatabase in (0, d.oid)')},
        'comment', (select description from pg_shdescription
                     where classoid = 'pg_database'::regclass and objoid = d.oid)) as value
      from pg_database d where d.datname = current_database()`,
};

/** From configuration files, ALTER SYSTEM's among them. */
const settings: CatalogQuery = {
  probe: 'catalog.settings',
  class: 'config',
  sql: () => `
    select name as key, json_build_object('value', setting, 'pendingRestart', pending_restart) as value
      from pg_settings where source = 'configuration file' or pending_restart`,
};

const tablespaces: CatalogQuery = {
  probe: 'catalog.tablespaces',
  class: 'config',
  sql: () => `
    select quote_ident(t.spcname) as key, json_build_object('owner', pg_get_userbyid(t.spcowner),
        'grants', ${grants('t.spcacl', 't', 't.spcowner')}, 'options', ${sorted('t.spcoptions')}) as value
      from pg_tablespace t where t.spcname !~ '^pg_'`,
};

const publications: CatalogQuery = {
  probe: 'catalog.publications',
  class: 'config',
  sql: (version) => `
    select quote_ident(p.pubname) as key, json_build_object('owner', pg_get_userbyid(p.pubowner),
        'allTables', p.puballtables, 'does', json_build_array(p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate),
        'viaRoot', p.pubviaroot,
        'tables', (select json_agg(${named('n.nspname', 'c.relname')} order by 1) from pg_publication_rel r
                     join pg_class c on c.oid = r.prrelid join pg_namespace n on n.oid = c.relnamespace
                    where r.prpubid = p.oid)
        ${
          version >= 150_000
            ? `, 'schemas', (select json_agg(n.nspname order by n.nspname) from pg_publication_namespace s
                     join pg_namespace n on n.oid = s.pnnspid where s.pnpubid = p.oid)`
            : ''
        }) as value from pg_publication p`,
};

const subscriptions: CatalogQuery = {
  probe: 'catalog.subscriptions',
  class: 'config',
  sql: () => `
    select quote_ident(s.subname) as key, json_build_object('owner', pg_get_userbyid(s.subowner),
        'enabled', s.subenabled, 'slot', s.subslotname, 'publications', ${sorted('s.subpublications')}) as value
      from pg_subscription s where s.subdbid = (select oid from pg_database where datname = current_database())`,
};

/** A slot that nobody reads keeps every WAL segment from then on: the disk fills. */
const replicationSlots: CatalogQuery = {
  probe: 'catalog.replicationSlots',
  class: 'config',
  sql: () => `
    select quote_ident(s.slot_name) as key, json_build_object('plugin', s.plugin, 'type', s.slot_type,
        'database', s.database) as value from pg_replication_slots s where not s.temporary`,
};

const preparedTransactions: CatalogQuery = {
  probe: 'catalog.preparedTransactions',
  class: 'config',
  sql: () => `
    select quote_literal(x.gid) as key, json_build_object('owner', x.owner, 'database', x.database) as value
      from pg_prepared_xacts x`,
  odd: () => 'a prepared transaction: it keeps its locks until somebody ends it',
};

export const serverQueries = (options: ServerOptions): readonly CatalogQuery[] => [
  roles(options),
  defaultPrivileges,
  database,
  settings,
  tablespaces,
  publications,
  subscriptions,
  replicationSlots,
  preparedTransactions,
];
