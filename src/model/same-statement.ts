/**
 * Whether `shown` is the statement `whole`, or its beginning: pg_stat_activity cuts a query at
 * track_activity_query_size. White space and the semicolon do not count.
 */
export function isStatement(shown: string, whole: string): boolean {
  return squeeze(whole).startsWith(squeeze(shown));
}

function squeeze(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().replace(/;$/, '');
}
