import { mkdir, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { DtenError, messageOf } from '../foundation/errors.js';

/** Characters buffered for all files together before they are written: some 30 KB a file and write. */
const mostBuffered = 8 * 1024 * 1024;

/** Append-only files of lines, buffered together, in a folder of their own. A failed write is told by `flush`. */
export class PartitionFiles {
  private buffers: string[][];
  private buffered = 0;
  private handles: Promise<FileHandle[]> | undefined;
  private writing: Promise<void> = Promise.resolve();
  private failure: DtenError | undefined;

  constructor(
    private readonly dir: string,
    private readonly count: number,
  ) {
    this.buffers = Array.from({ length: count }, () => []);
  }

  append(at: number, line: string): void {
    this.buffers[at]?.push(line);
    this.buffered += line.length + 1;
    if (this.buffered > mostBuffered) this.write();
  }

  async flush(): Promise<void> {
    this.write();
    await this.writing;
    if (this.failure) throw this.failure;
  }

  /** The lines of one file, as flushed. */
  async read(at: number): Promise<string[]> {
    if (!this.handles) return [];
    const text = await readFile(this.pathOf(at), 'utf8');
    return text.split('\n').filter((line) => line !== '');
  }

  /** Closes and removes the files. */
  async close(): Promise<void> {
    await this.writing;
    const handles = await this.handles?.catch(() => []);
    await Promise.all((handles ?? []).map((handle) => handle.close()));
    await rm(this.dir, { recursive: true, force: true });
  }

  private pathOf(at: number): string {
    return join(this.dir, `${at}.ndjson`);
  }

  private write(): void {
    if (this.buffered === 0) return;
    const taken = this.buffers;
    this.buffers = Array.from({ length: this.count }, () => []);
    this.buffered = 0;
    this.writing = this.writing.then(() => this.writeAll(taken)).catch((error: unknown) => this.fail(error));
  }

  private async writeAll(buffers: readonly string[][]): Promise<void> {
    this.handles ??= this.openAll();
    const handles = await this.handles;
    for (const [at, lines] of buffers.entries()) {
      if (lines.length > 0) await handles[at]?.appendFile(`${lines.join('\n')}\n`);
    }
  }

  private async openAll(): Promise<FileHandle[]> {
    await mkdir(this.dir, { recursive: true });
    return Promise.all(Array.from({ length: this.count }, (_, at) => open(this.pathOf(at), 'a')));
  }

  private fail(cause: unknown): void {
    this.failure ??= new DtenError(
      'ledger-write',
      `the ledger cannot be kept in ${this.dir}: ${messageOf(cause)}`,
      {
        hint: 'Free space on that disk; what was acknowledged since then cannot be audited.',
        cause,
      },
    );
  }
}
