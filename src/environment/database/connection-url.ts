export interface UrlParts {
  user: string;
  password: string | undefined;
  host: string;
  port: number;
  database: string;
  /** Further parameters, e.g. sslmode, in order. */
  params: Readonly<Record<string, string>>;
}

/**
 * A URL that node-postgres, libpq and what is built on them read alike: everything percent-encoded, since libpq
 * takes `+` for itself.
 */
export function connectionUrl(parts: UrlParts): string {
  const user = encodeURIComponent(parts.user);
  const login = parts.password === undefined ? user : `${user}:${encodeURIComponent(parts.password)}`;
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host;
  const params = Object.entries(parts.params).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  );
  const query = params.length === 0 ? '' : `?${params.join('&')}`;
  return `postgresql://${login}@${host}:${parts.port}/${encodeURIComponent(parts.database)}${query}`;
}
