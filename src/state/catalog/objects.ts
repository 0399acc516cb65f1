import {
  comment,
  grants,
  named,
  notOfExtension,
  sorted,
  userSchema,
  type CatalogQuery,
} from './catalog-query.js';

const schemas: CatalogQuery = {
  probe: 'catalog.schemas',
  class: 'schema',
  sql: () => `
    select quote_ident(n.nspname) as key, json_build_object('owner', pg_get_userbyid(n.nspowner),
        'grants', ${grants('n.nspacl', 'n', 'n.nspowner')}, 'comment', ${comment('pg_namespace', 'n.oid')}) as value
      from pg_namespace n where ${userSchema()} and ${notOfExtension('pg_namespace', 'n.oid')}`,
};

/** Enums with their labels in order, domains, composites, ranges; a table's own row type goes with the table. */
const types: CatalogQuery = {
  probe: 'catalog.types',
  class: 'schema',
  sql: () => `
    select ${named('n.nspname', 't.typname')} as key, json_build_object(
        'kind', t.typtype, 'owner', pg_get_userbyid(t.typowner), 'grants', ${grants('t.typacl', 'T', 't.typowner')},
        'labels', (select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
        'base', case when t.typbasetype <> 0 then format_type(t.typbasetype, t.typtypmod) end,
        'notNull', t.typnotnull, 'default', t.typdefault,
        'collation', (select collname from pg_collation where oid = t.typcollation),
        'attributes', (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod)) order by a.attnum)
                         from pg_attribute a where a.attrelid = t.typrelid and t.typrelid <> 0 and a.attnum > 0
                          and not a.attisdropped),
        'subtype', (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid),
        'comment', ${comment('pg_type', 't.oid')}) as value
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      left join pg_class c on c.oid = t.typrelid and t.typrelid <> 0
     where (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c'))
       and ${userSchema()} and ${notOfExtension('pg_type', 't.oid')}`,
};

const functions: CatalogQuery = {
  probe: 'catalog.functions',
  class: 'schema',
  sql: () => `
    select ${named('n.nspname', 'p.proname')} || '(' || pg_get_function_identity_arguments(p.oid) || ')' as key,
           json_build_object(
        'kind', p.prokind, 'result', pg_get_function_result(p.oid),
        'definition', case when p.prokind in ('f', 'p', 'w') then pg_get_functiondef(p.oid) end,
        'aggregate', (select json_build_array(g.aggtransfn::text, g.aggfinalfn::text, g.agginitval)
                        from pg_aggregate g where g.aggfnoid = p.oid),
        'owner', pg_get_userbyid(p.proowner), 'grants', ${grants('p.proacl', 'f', 'p.proowner')},
        'comment', ${comment('pg_proc', 'p.oid')}) as value
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where ${userSchema()} and ${notOfExtension('pg_proc', 'p.oid')}`,
};

const extensions: CatalogQuery = {
  probe: 'catalog.extensions',
  class: 'schema',
  sql: () => `
    select quote_ident(e.extname) as key, json_build_object('version', e.extversion,
        'schema', (select nspname from pg_namespace where oid = e.extnamespace),
        'owner', pg_get_userbyid(e.extowner)) as value from pg_extension e`,
};

const eventTriggers: CatalogQuery = {
  probe: 'catalog.eventTriggers',
  class: 'schema',
  sql: () => `
    select quote_ident(e.evtname) as key, json_build_object('event', e.evtevent, 'enabled', e.evtenabled,
        'function', e.evtfoid::regproc::text, 'tags', ${sorted('e.evttags')},
        'owner', pg_get_userbyid(e.evtowner)) as value
      from pg_event_trigger e where ${notOfExtension('pg_event_trigger', 'e.oid')}`,
};

const foreignServers: CatalogQuery = {
  probe: 'catalog.foreignServers',
  class: 'config',
  secrets: ['options', 'userOptions'],
  sql: () => `
    select quote_ident(s.srvname) as key, json_build_object('wrapper', w.fdwname, 'type', s.srvtype,
        'version', s.srvversion, 'owner', pg_get_userbyid(s.srvowner), 'options', ${sorted('s.srvoptions')},
        'grants', ${grants('s.srvacl', 'S', 's.srvowner')},
        'users', (select json_agg(u.usename order by u.usename) from pg_user_mappings u where u.srvid = s.oid),
        'userOptions', (select json_agg(array_to_string(u.umoptions, ',') order by u.usename)
                          from pg_user_mappings u where u.srvid = s.oid)) as value
      from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw`,
};

export const objectQueries: readonly CatalogQuery[] = [
  schemas,
  types,
  functions,
  extensions,
  eventTriggers,
  foreignServers,
];
