/**
 * How a file of the plan is named in a report for CI: relative to the root of the repository, with `/`; or absolute,
 * where it is not in it.
 */
export type SourcePath = (file: string) => string;

/** A path as a URI reference: every segment percent-encoded; an absolute path as `file:`. */
export function uriOf(path: string): string {
  const encoded = path.split('/').map(encodeSegment).join('/');
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}

/** Lone surrogates have no UTF-8 and no percent-encoding. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment.replaceAll(/\p{Cs}/gu, '\ufffd'));
}
