import { open, writeFile } from 'node:fs/promises';
import { sleep } from '../../foundation/clock.js';

const tailBytes = 64 * 1024;

/**
 * The log of one replica, in the result folder. Processes write to it themselves, not through us: a harness that is
 * late in reading a pipe would stall the service under rehearsal.
 */
export class ReplicaLog {
  private constructor(readonly path: string) {}

  static async create(path: string): Promise<ReplicaLog> {
    await writeFile(path, '');
    return new ReplicaLog(path);
  }

  /** The last lines written. */
  async tail(lines = 20): Promise<string[]> {
    const { text } = await this.read(-tailBytes);
    return text.split('\n').filter(Boolean).slice(-lines);
  }

  /** Resolves when a line matches. Lines count once they are ended. */
  async waitFor(pattern: RegExp, signal: AbortSignal): Promise<void> {
    let fromByte = 0;
    for (;;) {
      const { text, size } = await this.read(fromByte);
      const whole = text.slice(0, text.lastIndexOf('\n') + 1);
      if (whole.split('\n').some((line) => line !== '' && pattern.test(line))) return;
      // Replacement characters of a cut character lie behind the last newline, so the byte count is right.
      fromByte = Math.min(fromByte + Buffer.byteLength(whole), size);
      await sleep(50, signal);
    }
  }

  /** From a byte offset on, or with a negative one so many bytes from the end. */
  private async read(from: number): Promise<{ text: string; size: number }> {
    const file = await open(this.path, 'r');
    try {
      const { size } = await file.stat();
      const start = from < 0 ? Math.max(0, size + from) : from;
      const buffer = Buffer.alloc(Math.max(0, size - start));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return { text: buffer.toString('utf8', 0, bytesRead), size };
    } finally {
      await file.close();
    }
  }
}
