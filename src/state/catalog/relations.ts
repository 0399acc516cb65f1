import {
  comment,
  grants,
  named,
  notOfExtension,
  sorted,
  userSchema,
  type CatalogQuery,
} from './catalog-query.js';

const relation = named('n.nspname', 'c.relname');

const tables: CatalogQuery = {
  probe: 'catalog.tables',
  class: 'schema',
  sql: (version) => `
    select ${relation} as key, json_build_object(
        'kind', c.relkind, 'owner', pg_get_userbyid(c.relowner), 'persistence', c.relpersistence,
        'accessMethod', (select amname from pg_am where oid = c.relam),
        'tablespace', (select spcname from pg_tablespace where oid = c.reltablespace),
        'options', ${sorted('c.reloptions')},
        'toastOptions', (select ${sorted('t.reloptions')} from pg_class t where t.oid = c.reltoastrelid),
        'grants', ${grants('c.relacl', 'r', 'c.relowner')},
        'rowSecurity', c.relrowsecurity, 'forceRowSecurity', c.relforcerowsecurity,
        'replicaIdentity', c.relreplident, 'populated', c.relispopulated,
        'parents', (select json_agg(json_build_object('table', ${named('pn.nspname', 'p.relname')}
                      ${version >= 140_000 ? ", 'detachPending', i.inhdetachpending" : ''}) order by i.inhseqno)
                      from pg_inherits i join pg_class p on p.oid = i.inhparent
                      join pg_namespace pn on pn.oid = p.relnamespace where i.inhrelid = c.oid),
        'partitionKey', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
        'partitionBound', case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end,
        'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end,
        'comment', ${comment('pg_class', 'c.oid')}) as value
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'f') and ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}`,
  odd({ parents, kind, populated }) {
    if (JSON.stringify(parents ?? '').includes('"detachPending":true'))
      return 'a partition whose DETACH CONCURRENTLY was cut off';
    return kind === 'm' && populated === false ? 'a materialised view without data' : undefined;
  },
};

const columns: CatalogQuery = {
  probe: 'catalog.columns',
  class: 'schema',
  sql: (version) => `
    select ${relation} || '.' || quote_ident(a.attname) as key, json_build_object(
        'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
        'default', pg_get_expr(d.adbin, d.adrelid), 'identity', a.attidentity, 'generated', a.attgenerated,
        'collation', (select collname from pg_collation where oid = a.attcollation), 'storage', a.attstorage,
        ${version >= 140_000 ? "'compression', a.attcompression," : ''}
        'statistics', coalesce(a.attstattarget, -1), 'options', ${sorted('a.attoptions')},
        'foreignOptions', ${sorted('a.attfdwoptions')},
        'grants', (select json_agg(g::text order by g::text) from unnest(a.attacl) g),
        'local', a.attislocal, 'inherited', a.attinhcount,
        'comment', (select description from pg_description
                     where classoid = 'pg_class'::regclass and objoid = c.oid and objsubid = a.attnum)) as value
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f')
       and ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}`,
};

/** Apart, since a column that was dropped and made again moves to the end: some care (`select *`, COPY), most do not. */
const columnOrder: CatalogQuery = {
  probe: 'catalog.columnOrder',
  class: 'schema',
  sql: () => `
    select ${relation} as key, json_agg(a.attname order by a.attnum) as value
      from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'f')
       and ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}
     group by 1`,
};

const indexes: CatalogQuery = {
  probe: 'catalog.indexes',
  class: 'schema',
  sql: () => `
    select ${named('n.nspname', 'c.relname')} as key, json_build_object(
        'table', ${named('tn.nspname', 't.relname')}, 'definition', pg_get_indexdef(i.indexrelid),
        'valid', i.indisvalid, 'ready', i.indisready, 'live', i.indislive, 'clustered', i.indisclustered,
        'replicaIdentity', i.indisreplident, 'primary', i.indisprimary,
        'tablespace', (select spcname from pg_tablespace where oid = c.reltablespace),
        'parent', (select ${named('pn.nspname', 'p.relname')} from pg_inherits h join pg_class p on p.oid = h.inhparent
                     join pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = c.oid limit 1),
        'statistics', (select json_agg(json_build_array(a.attnum, a.attstattarget) order by a.attnum)
                         from pg_attribute a where a.attrelid = c.oid and a.attstattarget >= 0),
        'comment', ${comment('pg_class', 'c.oid')}) as value
      from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
      join pg_class t on t.oid = i.indrelid join pg_namespace tn on tn.oid = t.relnamespace
     where ${userSchema()} and ${notOfExtension('pg_class', 't.oid')}`,
  odd: ({ valid, ready, live }) =>
    valid === false || ready === false || live === false
      ? 'an invalid index: it costs writes and is not read'
      : undefined,
};

const sequences: CatalogQuery = {
  probe: 'catalog.sequences',
  class: 'schema',
  sql: () => `
    select ${relation} as key, json_build_object(
        'type', format_type(s.seqtypid, null), 'start', s.seqstart::text, 'increment', s.seqincrement::text,
        'min', s.seqmin::text, 'max', s.seqmax::text, 'cache', s.seqcache::text, 'cycle', s.seqcycle,
        'owner', pg_get_userbyid(c.relowner), 'persistence', c.relpersistence,
        'grants', ${grants('c.relacl', 's', 'c.relowner')},
        'ownedBy', (select ${named('tn.nspname', 't.relname')} || '.' || quote_ident(a.attname)
                      from pg_depend d join pg_class t on t.oid = d.refobjid
                      join pg_namespace tn on tn.oid = t.relnamespace
                      join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
                     where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i')
                       and d.refclassid = 'pg_class'::regclass limit 1),
        'comment', ${comment('pg_class', 'c.oid')}) as value
      from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
     where ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}`,
};

export const relationQueries: readonly CatalogQuery[] = [tables, columns, columnOrder, indexes, sequences];
