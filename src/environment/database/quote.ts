/** An SQL identifier, quoted always. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema.table` or `table`, each part quoted; parts that the user quoted are taken as they are. */
export function quoteQualified(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [name];
  return parts.map((part) => (part.startsWith('"') ? part : quoteIdent(part))).join('.');
}

/** An SQL string literal, independent of standard_conforming_strings. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted}` : quoted;
}

/** Settings that hold a list of names: quoted as one text they would be one odd name. */
const listSettings = new Set([
  'search_path',
  'temp_tablespaces',
  'local_preload_libraries',
  'session_preload_libraries',
]);

/** The value of `ALTER ROLE … SET name = `. */
export function quoteSetting(name: string, value: string): string {
  if (!listSettings.has(name.toLowerCase())) return quoteLiteral(value);
  return value
    .split(',')
    .map((item) => item.trim())
    .map((item) => (/^".*"$/.test(item) ? item : quoteIdent(item)))
    .join(', ');
}
