/**
 * What is wrong with a path into the answer of a statement, which is a list of rows: `$.id` is nothing of it, and a
 * value read from there is never there.
 */
export function rowPathProblem(path: string): { message: string; hint: string } | undefined {
  const field = /^\$\.([A-Za-z_].*)$/.exec(path)?.[1];
  if (field === undefined) return undefined;
  return {
    message: `the answer of a statement is a list of rows, which has no ${field}`,
    hint: `of its first row: $[0].${field}`,
  };
}
