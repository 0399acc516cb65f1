/** A variable's place in a printed command: what it holds (a token, a password) is never printed. */
export function variablePlace(name: string): string {
  return `\uE100${name}\uE101`;
}

/** One word for a POSIX shell; the places of variables become `"$NAME"`. */
export function shellWord(text: string): string {
  if (text === '') return "''";
  return text
    .split(/\uE100([^\uE101]*)\uE101/)
    .map((part, at) => (at % 2 === 1 ? `"$${part}"` : quoted(part)))
    .join('');
}

function quoted(text: string): string {
  return /^[\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}
