/** Keys and indexes from a document's root. */
export type DocumentPath = readonly (string | number)[];

export interface Position {
  /** From 1. */
  line: number;
  column: number;
}

/** `traffic.endpoints["read order"].variants[0]` */
export function formatPath(path: DocumentPath): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else if (!/^[A-Za-z_$][\w$-]*$/.test(segment)) text += `[${JSON.stringify(segment)}]`;
    else text += text === '' ? segment : `.${segment}`;
  }
  return text;
}
