import { named, notOfExtension, userSchema, type CatalogQuery } from './catalog-query.js';

const part = (name: string): string => `${named('n.nspname', 'c.relname')} || '.' || quote_ident(${name})`;
const described = (catalog: string, oid: string): string =>
  `(select description from pg_description where classoid = '${catalog}'::regclass and objoid = ${oid})`;

const constraints: CatalogQuery = {
  probe: 'catalog.constraints',
  class: 'schema',
  sql: () => `
    select ${named('n.nspname', 'coalesce(c.relname, t.typname)')} || '.' || quote_ident(k.conname) as key,
           json_build_object(
        'type', k.contype, 'definition', pg_get_constraintdef(k.oid), 'validated', k.convalidated,
        'local', k.conislocal, 'inherited', k.coninhcount, 'noInherit', k.connoinherit,
        -- ALTER TABLE … DISABLE TRIGGER ALL switches foreign keys off too.
        'triggers', (select json_agg(distinct g.tgenabled) from pg_trigger g where g.tgconstraint = k.oid),
        'comment', ${described('pg_constraint', 'k.oid')}) as value
      from pg_constraint k
      left join pg_class c on c.oid = k.conrelid and k.conrelid <> 0
      left join pg_type t on t.oid = k.contypid and k.contypid <> 0
      join pg_namespace n on n.oid = k.connamespace
     where ${userSchema()} and (c.oid is null or ${notOfExtension('pg_class', 'c.oid')})
       and (t.oid is null or ${notOfExtension('pg_type', 't.oid')})`,
  odd({ validated, triggers }) {
    if (validated === false) return 'a constraint that was never validated';
    return JSON.stringify(triggers ?? '').includes('"D"') ? 'a constraint that is switched off' : undefined;
  },
};

const triggers: CatalogQuery = {
  probe: 'catalog.triggers',
  class: 'schema',
  sql: () => `
    select ${part('g.tgname')} as key, json_build_object(
        'definition', pg_get_triggerdef(g.oid), 'enabled', g.tgenabled,
        'comment', ${described('pg_trigger', 'g.oid')}) as value
      from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
     where not g.tgisinternal and ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}`,
};

const policies: CatalogQuery = {
  probe: 'catalog.policies',
  class: 'schema',
  sql: () => `
    select ${part('p.polname')} as key, json_build_object(
        'command', p.polcmd, 'permissive', p.polpermissive,
        'roles', (select json_agg(case r when 0 then 'public' else pg_get_userbyid(r) end order by 1) from unnest(p.polroles) r),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
        'comment', ${described('pg_policy', 'p.oid')}) as value
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
     where ${userSchema()}`,
};

const rules: CatalogQuery = {
  probe: 'catalog.rules',
  class: 'schema',
  sql: () => `
    select ${part('r.rulename')} as key, json_build_object(
        'definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled,
        'comment', ${described('pg_rewrite', 'r.oid')}) as value
      from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
     where r.rulename <> '_RETURN' and ${userSchema()} and ${notOfExtension('pg_class', 'c.oid')}`,
};

const statistics: CatalogQuery = {
  probe: 'catalog.statistics',
  class: 'schema',
  sql: () => `
    select ${named('n.nspname', 's.stxname')} as key, json_build_object(
        'definition', pg_get_statisticsobjdef(s.oid), 'owner', pg_get_userbyid(s.stxowner)) as value
      from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where ${userSchema()}`,
};

export const tablePartQueries: readonly CatalogQuery[] = [constraints, triggers, policies, rules, statistics];
