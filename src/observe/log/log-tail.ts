import type { Database } from '../../model/contracts.js';
import { parseLogEntry, type LogEntry } from './log-entry.js';

/** Lines without one of these say nothing about lock waits: JSON.parse is kept for the others. */
const candidates = /"(?:55P03|40P01|57014|57P\d\d|08\d\d\d|25P\d\d)"|"process \d+ /;

/**
 * Follows the server's jsonlog from where it stands now. Lines of other databases' sessions are left out. A line
 * torn by a crash, or the rest of one cut by the starting offset, is counted and left out.
 */
export class LogTail {
  private nextByte = 0;
  private rest = '';
  /** Why the log cannot be read; undefined while it can. */
  unavailable: string | undefined;
  /** Lines that cannot be read: cut by a crash, by a full disk, or by somebody who emptied the file. */
  tornLines = 0;
  /** Why some lines were never seen. */
  lost: string | undefined;

  constructor(private readonly database: Pick<Database, 'readLog' | 'name'>) {}

  /** Goes to the log's end: what was logged before the run began is not the run's. */
  async skipToEnd(knownSize: number | undefined): Promise<void> {
    if (knownSize !== undefined) this.nextByte = knownSize;
    for (;;) {
      const chunk = await this.database.readLog(this.nextByte);
      if ('unavailable' in chunk) {
        this.unavailable = chunk.unavailable;
        return;
      }
      if (chunk.nextByte <= this.nextByte) return;
      this.nextByte = chunk.nextByte;
    }
  }

  /** Everything new. */
  async read(offsetUs: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for (;;) {
      const chunk = await this.database.readLog(this.nextByte);
      if ('unavailable' in chunk) {
        this.unavailable = chunk.unavailable;
        return entries;
      }
      this.unavailable = undefined;
      this.lost ??= chunk.lost;
      // The server began a new file: the bytes count from its beginning, and no line goes on in it.
      if (chunk.lost !== undefined || chunk.nextByte < this.nextByte) this.dropRest();
      if (chunk.nextByte === this.nextByte && chunk.text === '') return entries;
      this.nextByte = chunk.nextByte;
      this.parse(chunk.text, offsetUs, entries);
    }
  }

  /** A line that was cut before its end has the next one glued to it: quotes inside of texts are escaped. */
  private afterTorn(line: string): string {
    const at = line.lastIndexOf('{"timestamp":');
    if (at <= 0) return line;
    this.tornLines += 1;
    return line.slice(at);
  }

  private dropRest(): void {
    if (this.rest !== '') this.tornLines += 1;
    this.rest = '';
  }

  private parse(text: string, offsetUs: number, entries: LogEntry[]): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const whole of lines) {
      if (whole === '') continue;
      const line = this.afterTorn(whole);
      if (!line.startsWith('{') || !line.endsWith('}')) {
        this.tornLines += 1;
        continue;
      }
      if (!candidates.test(line)) continue;
      const entry = parseLogEntry(line, offsetUs);
      if (!entry) this.tornLines += 1;
      else if (entry.database === undefined || entry.database === this.database.name) entries.push(entry);
    }
  }
}
