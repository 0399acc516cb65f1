/** The parts of a name as people write it: `sales.orders`, `"Order s"`, `sales."a.b ""c"""`. Case is kept. */
export function namePartsOf(text: string): string[] {
  return (text.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [text]).map((part) =>
    part.startsWith('"') && part.endsWith('"') && part.length > 1
      ? part.slice(1, -1).replaceAll('""', '"')
      : part,
  );
}
