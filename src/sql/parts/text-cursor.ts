import { tokensOf, type Token } from '../grammar.js';

/** A statement's text by the tokens of Postgres's own lexer, comments left out: fragments of it by token index. */
export class TextCursor {
  private constructor(
    private readonly bytes: Buffer,
    readonly tokens: readonly Token[],
    /** Depth of parentheses and brackets before each token. */
    private readonly depths: readonly number[],
  ) {}

  /** Undefined where the lexer gives up. */
  static async of(text: string): Promise<TextCursor | undefined> {
    const all = await tokensOf(text);
    if (!all) return undefined;
    const tokens = all.filter((token) => !/^(--|\/\*)/.test(token.text));
    while (tokens.at(-1)?.text === ';') tokens.pop();
    const depths: number[] = [];
    let depth = 0;
    for (const { text: token } of tokens) {
      if (token === ')' || token === ']') depth -= 1;
      depths.push(depth);
      if (token === '(' || token === '[') depth += 1;
    }
    return new TextCursor(Buffer.from(text), tokens, depths);
  }

  get length(): number {
    return this.tokens.length;
  }

  /** Whether the token at `at` is one of these keywords. */
  is(at: number, ...keywords: string[]): boolean {
    const token = this.tokens[at];
    return token !== undefined && keywords.includes(token.text.toLowerCase());
  }

  /** The first of these keywords outside parentheses in [from, to); -1: none. */
  find(keywords: readonly string[], from = 0, to = this.length): number {
    for (let at = from; at < to; at++) if (this.depths[at] === 0 && this.is(at, ...keywords)) return at;
    return -1;
  }

  /** The token that begins at a byte offset, as AST nodes give their location; -1: none. */
  at(byte: number): number {
    return this.tokens.findIndex(({ startByte }) => startByte === byte);
  }

  /** The text of tokens [from, to). */
  slice(from: number, to = this.length): string {
    const [first, last] = [this.tokens[from], this.tokens[to - 1]];
    if (!first || !last || to <= from) return '';
    return this.bytes.toString('utf8', first.startByte, last.endByte);
  }

  /** Behind a name that may have a schema: `sales . orders`. */
  afterName(from: number): number {
    let at = from + 1;
    while (this.is(at, '.')) at += 2;
    return at;
  }

  /** [from, to) of what the commas outside parentheses part. */
  split(from: number, to = this.length): [number, number][] {
    const parts: [number, number][] = [];
    let start = from;
    for (let at = from; at < to; at++) {
      if (this.depths[at] === 0 && this.is(at, ',')) {
        parts.push([start, at]);
        start = at + 1;
      }
    }
    return [...parts, [start, to]];
  }

  /** Skips `IF [NOT] EXISTS`, ONLY and the like. */
  skip(from: number, ...keywords: string[]): number {
    let at = from;
    while (this.is(at, ...keywords)) at += 1;
    return at;
  }
}
