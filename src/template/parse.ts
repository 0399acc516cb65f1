/** A template that cannot be compiled. `offset` counts characters from 0 in the text it stands in. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly offset: number;
  readonly hint: string;
  /** Where in a JSON value the text stands; empty for a plain text. */
  readonly path: readonly (string | number)[];

  constructor(offset: number, message: string, hint: string, path: readonly (string | number)[] = []) {
    super(message);
    this.offset = offset;
    this.hint = hint;
    this.path = path;
  }
}

export type Argument = string | number;

/** `a.b['c d'](1, 'x')` inside `${…}`. */
export interface Reference {
  /** Of `${` in the text. */
  offset: number;
  path: string[];
  /** Undefined where there are no parentheses. */
  args: Argument[] | undefined;
}

export type Part = string | Reference;

const nameStart = /[A-Za-z_]/;
const nameRest = /[A-Za-z0-9_-]/;

/**
 * Splits a text into literal parts and references. `$${` is a literal `${`; a `$` not followed by `{` is itself.
 * @throws TemplateError, and nothing else.
 */
export function parseTemplate(source: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  let at = 0;
  while (at < source.length) {
    if (source.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (source.startsWith('${', at)) {
      if (literal !== '') parts.push(literal);
      literal = '';
      const { reference, end } = new ReferenceParser(source, at).parse();
      parts.push(reference);
      at = end;
    } else {
      literal += source.charAt(at);
      at += 1;
    }
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

class ReferenceParser {
  private at: number;

  constructor(
    private readonly source: string,
    private readonly start: number,
  ) {
    this.at = start + 2;
  }

  parse(): { reference: Reference; end: number } {
    this.skipSpace();
    const path = [this.readName('a name such as random.int, seen.<pool> or database.url.<role>')];
    for (;;) {
      if (this.take('.')) path.push(this.readName('a name after the dot'));
      else if (this.take('[')) path.push(this.readBracketed());
      else break;
    }
    this.skipSpace();
    const args = this.take('(') ? this.readArguments() : undefined;
    this.skipSpace();
    if (!this.take('}')) {
      throw this.error(
        this.at >= this.source.length ? 'unclosed ${' : `unexpected ${this.show()} inside \${…}`,
        'a reference reads ${name.name} or ${name.name(1, \'text\')}; write $${ for a literal "${"',
      );
    }
    return { reference: { offset: this.start, path, args }, end: this.at };
  }

  private readName(expected: string): string {
    const from = this.at;
    const first = this.peek();
    if (!nameStart.test(first) && !(from > this.start + 2 && /[0-9]/.test(first))) {
      throw this.error(
        first === '' ? 'unclosed ${' : `expected ${expected}, got ${this.show()}`,
        'names are letters, digits, _ and -; quote others: service[\'my shop\'].url. Write $${ for a literal "${"',
      );
    }
    while (nameRest.test(this.peek())) this.at += 1;
    return this.source.slice(from, this.at);
  }

  private readBracketed(): string {
    const name = this.readString();
    if (!this.take(']')) throw this.error('expected ] after a quoted name', "for example seen['my pool']");
    return name;
  }

  private readArguments(): Argument[] {
    const args: Argument[] = [];
    this.skipSpace();
    if (this.take(')')) return args;
    for (;;) {
      this.skipSpace();
      args.push(this.peek() === "'" || this.peek() === '"' ? this.readString() : this.readNumber());
      this.skipSpace();
      if (this.take(')')) return args;
      if (!this.take(','))
        throw this.error(
          `expected , or ) after an argument, got ${this.show()}`,
          'for example random.int(1, 10)',
        );
    }
  }

  private readString(): string {
    const quote = this.peek();
    if (quote !== "'" && quote !== '"')
      throw this.error(`expected a quoted text, got ${this.show()}`, 'quote with \' or "');
    this.at += 1;
    let value = '';
    for (;;) {
      const char = this.peek();
      if (char === '') throw this.error('unclosed quote', `close it with ${quote}`);
      this.at += 1;
      if (char === quote) return value;
      if (char === '\\') {
        if (this.peek() === '') throw this.error('unclosed quote', `close it with ${quote}`);
        value += this.peek();
        this.at += 1;
      } else value += char;
    }
  }

  private readNumber(): number {
    const match = /^[+-]?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/.exec(this.source.slice(this.at, this.at + 64));
    if (!match)
      throw this.error(
        `expected a number or a quoted text, got ${this.show()}`,
        "for example random.choice('a', 2)",
      );
    this.at += match[0].length;
    return Number(match[0].replaceAll('_', ''));
  }

  private skipSpace(): void {
    while (/\s/.test(this.peek())) this.at += 1;
  }

  private peek(): string {
    return this.source.charAt(this.at);
  }

  private take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at += 1;
    return true;
  }

  private show(): string {
    return this.peek() === '' ? 'the end of the text' : JSON.stringify(this.peek());
  }

  private error(message: string, hint: string): TemplateError {
    return new TemplateError(Math.min(this.at, this.source.length), message, hint);
  }
}
