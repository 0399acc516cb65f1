/**
 * The tags that sqlcommenter and its like append to a statement: `… /*route='%2Forders',controller='orders'*\/`. Empty
 * where there are none, or where the text was cut before they ended (track_activity_query_size).
 */
export function queryTags(query: string): Readonly<Record<string, string>> {
  const comment =
    /\/\*((?:(?!\*\/).)*)\*\/\s*;?\s*$/s.exec(query)?.[1] ?? /^\s*\/\*(.*?)\*\//s.exec(query)?.[1];
  if (comment === undefined) return {};
  const tags: Record<string, string> = {};
  for (const [, key = '', value = ''] of comment.matchAll(/([\w.%-]+)\s*=\s*'((?:[^'\\]|\\.)*)'/g)) {
    tags[decoded(key)] = decoded(value.replaceAll(/\\(.)/g, '$1'));
  }
  return tags;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
