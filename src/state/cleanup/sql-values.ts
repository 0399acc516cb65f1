/** A value's place in SQL that a template made: private-use characters, which no SQL has. */
const [open, close] = ['\uE000', '\uE001'];
const places = /\uE000(\d+)\uE001/y;

/** Collects values while a template is rendered, and puts them into the SQL as what they stand for. */
export class SqlValues {
  private readonly values: unknown[] = [];

  placeFor(value: unknown): string {
    this.values.push(value);
    return `${open}${this.values.length - 1}${close}`;
  }

  /**
   * `"…"` around a place makes its value (part of) an identifier, `'…'` (part of) a literal; one that stands alone
   * becomes a literal: a role called `o'neil "x"` is dropped, whatever its name does to quotes.
   */
  filledIn(sql: string): string {
    let filled = '';
    let quote: string | undefined;
    for (let at = 0; at < sql.length; at++) {
      places.lastIndex = at;
      const place = places.exec(sql);
      if (place) {
        filled += this.textOf(this.values[Number(place[1])], quote);
        at = places.lastIndex - 1;
        continue;
      }
      const character = sql.charAt(at);
      if (quote === undefined && (character === '"' || character === "'")) quote = character;
      else if (character === quote) quote = undefined;
      filled += character;
    }
    return filled;
  }

  private textOf(value: unknown, quote: string | undefined): string {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (quote !== undefined) return text.replaceAll(quote, quote + quote);
    if (value === null) return 'null';
    if (typeof value === 'number' || typeof value === 'boolean') return text;
    const literal = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
    return text.includes('\\') ? `E${literal}` : literal;
  }
}
