/** Stands for the -- of `dten compare A… -- B…` among its paths; no path can hold a NUL. */
const separator = '\0--';

/** Of `compare` the -- parts the sides and does not end the flags: `dten compare A -- B --json` is what people type. */
export function keepSeparator(argv: readonly string[]): string[] {
  if (argv.find((arg) => !arg.startsWith('-')) !== 'compare') return [...argv];
  return argv.map((arg) => (arg === '--' ? separator : arg));
}

/** `after` is undefined where there was no --; a second one makes it a path that there is not. */
export function splitSides(paths: readonly string[]): {
  paths: readonly string[];
  after: readonly string[] | undefined;
} {
  const at = paths.indexOf(separator);
  if (at < 0) return { paths, after: undefined };
  const after = paths.slice(at + 1).map((path) => (path === separator ? '--' : path));
  return { paths: paths.slice(0, at), after };
}
