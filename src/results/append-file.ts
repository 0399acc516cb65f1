import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { DtenError, messageOf } from '../foundation/errors.js';

/**
 * An append-only file. What is appended goes to the operating system at once, what comes meanwhile follows in one
 * write: nothing waits for a timer, and a killed process loses at most the line under way. A failed write (disk
 * full) never throws at the writer: it is kept, told once to `onError`, and every later flush rejects with it.
 */
export class AppendFile {
  private pending: string[] = [];
  private pumping: Promise<void> | undefined;
  private failure: DtenError | undefined;
  /** A failed write may have left half a line: the next one starts on a line of its own. */
  private torn = false;

  private constructor(
    private readonly handle: FileHandle,
    private readonly path: string,
    private readonly onError: (error: DtenError) => void,
  ) {}

  static async open(path: string, onError: (error: DtenError) => void = () => undefined): Promise<AppendFile> {
    return new AppendFile(await open(path, 'a'), path, onError);
  }

  get error(): DtenError | undefined {
    return this.failure;
  }

  append(text: string): void {
    this.pending.push(text);
    this.pumping ??= this.pump();
  }

  /** Resolves when all that was appended is with the operating system; rejects if any write ever failed. */
  async flush(): Promise<void> {
    while (this.pumping) await this.pumping;
    if (this.failure) throw this.failure;
  }

  /** Waits for the writes, forces them to the disk and closes the file. Rejects as flush does, but closed. */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.handle.sync().catch((error: unknown) => this.fail(error));
      await this.handle.close();
    }
    if (this.failure) throw this.failure;
  }

  private async pump(): Promise<void> {
    // A turn of the microtask queue, so that lines appended in one go are one write.
    await Promise.resolve();
    while (this.pending.length > 0) {
      const text = `${this.torn ? '\n' : ''}${this.pending.join('')}`;
      this.pending = [];
      try {
        await this.handle.appendFile(text);
        this.torn = false;
      } catch (error) {
        this.torn = true;
        this.fail(error);
      }
    }
    this.pumping = undefined;
  }

  private fail(cause: unknown): void {
    if (this.failure) return;
    this.failure = new DtenError('result-write', `cannot write ${basename(this.path)}: ${messageOf(cause)}`, {
      hint: 'Free space on that disk, or name another folder with --results, and rehearse again.',
      cause,
    });
    this.onError(this.failure);
  }
}
