/** A text as a scalar inside `{ … }` of YAML: as it is where that is read back the same, else in single quotes. */
export function yamlScalar(text: string): string {
  const plain = /^[\p{L}_(][\p{L}\p{N}_ .()*/=<>$+-]*$/u.test(text) && !text.endsWith(' ');
  return plain && !/^(?:true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;
}
