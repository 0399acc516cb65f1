import type { HttpSource } from '../../model/state.js';
import { selectOne, selectValues } from '../json-path.js';
import { readHttp } from './http.js';
import { readOnly } from './read-only.js';
import type { Documents, Source, SourceSetting } from './source.js';

interface CredentialsSpec {
  leases: { http: HttpSource; select: string; role: string };
  roles: string;
}

/** One credential as its two sources of truth have it; null: that side does not know it. */
interface Credential {
  role: string;
  lease: unknown;
  account: unknown;
}

const rolesSql = `
  select r.rolname as name,
         json_build_object(
           'canLogin', r.rolcanlogin, 'validUntil', r.rolvaliduntil, 'superuser', r.rolsuper,
           'connectionLimit', r.rolconnlimit,
           'memberOf', coalesce((select json_agg(g.rolname order by g.rolname) from pg_auth_members m
                                   join pg_roles g on g.oid = m.roleid where m.member = r.oid), '[]'::json)
         ) as account
    from pg_roles r where r.rolname like $1 order by 1`;

/**
 * Ephemeral credentials: the list of leases beside the roles that the database really has. A lease that is revoked
 * while its role lives on still opens the door, and the lease list would not show it.
 */
export function credentialsSource(spec: CredentialsSpec): Source {
  return {
    defaults: {
      select: '$[*]',
      key: ['$.role'],
      // What a lease counts down by itself.
      ignore: ['$.lease.ttl', '$.lease.expire_time', '$.lease.last_renewal'],
      odd: oddityOf,
    },
    read: (setting) => readCredentials(spec, setting),
  };
}

async function readCredentials(spec: CredentialsSpec, setting: SourceSetting): Promise<Documents> {
  const { database, probe, timeoutMs, signal } = setting;
  if (!database) return { documents: [], problem: 'there is no database whose roles could be read' };
  const leases = await readHttp(spec.leases.http, spec.leases.select, setting);
  // Half a list of leases would make roles without a lease of the other half.
  if (leases.problem !== undefined) return { documents: [], problem: `leases: ${leases.problem}` };
  const credentials = new Map<string, Credential>();
  const entry = (role: string): Credential => {
    const known = credentials.get(role) ?? { role, lease: null, account: null };
    credentials.set(role, known);
    return known;
  };
  for (const lease of leases.documents.flatMap((page) => selectValues(page, spec.leases.select))) {
    const role = selectOne(lease, spec.leases.role);
    if (typeof role !== 'string') return { documents: [], problem: `a lease has no ${spec.leases.role}` };
    entry(role).lease = lease;
  }
  const name = `probe ${probe}`;
  const { rows } = await readOnly(database, { name, role: 'owner', timeoutMs, signal }, (query) =>
    query(rolesSql, [spec.roles]),
  );
  for (const { name: role, account } of rows) entry(String(role)).account = account;
  return { documents: [[...credentials.values()]] };
}

function oddityOf(raw: unknown): string | undefined {
  const { lease, account } = raw as Credential;
  if (lease === null) return 'a role without a lease: it still opens the door';
  return account === null ? 'a lease without a role' : undefined;
}
