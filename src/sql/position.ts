export interface Position {
  line: number;
  column: number;
}

/** Lines and columns, from 1, of the bytes of a UTF-8 text; columns count characters (code points). */
export class Positions {
  /** Byte offsets where lines start. */
  private readonly starts: number[] = [0];

  constructor(private readonly bytes: Buffer) {
    for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) this.starts.push(at + 1);
  }

  of(atByte: number): Position {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.starts[middle] ?? 0) <= atByte) low = middle;
      else high = middle - 1;
    }
    const before = this.bytes.toString('utf8', this.starts[low], atByte);
    return { line: low + 1, column: [...before].length + 1 };
  }
}

/** The byte offset of the n-th character (code point, from 0); the text's length where it has fewer. */
export function byteOfCharacter(bytes: Buffer, character: number): number {
  let seen = -1;
  for (let at = 0; at < bytes.length; at++) {
    // 10xxxxxx continues a character.
    if (((bytes[at] ?? 0) & 0xc0) !== 0x80) seen += 1;
    if (seen === character) return at;
  }
  return bytes.length;
}
