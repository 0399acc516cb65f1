/** Characters of what two texts begin with in common that are kept before the place where they part. */
const lead = 12;

/**
 * Two texts, each of at most `longest` characters: of long ones that begin alike, from a little before where they
 * part, so that what is shown of them is what differs.
 */
export function cutApart(a: string, b: string, longest: number): [string, string] {
  if (Math.max(a.length, b.length) <= longest) return [a, b];
  let same = 0;
  while (same < Math.min(a.length, b.length) && a[same] === b[same]) same += 1;
  const from = same > longest / 2 ? same - lead : 0;
  const cut = (text: string) => {
    const rest = from > 0 ? `…${text.slice(from)}` : text;
    return rest.length > longest ? `${rest.slice(0, longest - 1)}…` : rest;
  };
  return [cut(a), cut(b)];
}
