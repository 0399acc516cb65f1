import { createReadStream } from 'node:fs';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { codeOf } from '../../foundation/errors.js';

/** A hundredth of a table fits in memory where the table does not. */
export const partitionCount = 128;
const flushAtLines = 20_000;

/** Keys with a text each, on disk, split by the key's hash: two such sets are compared partition by partition. */
export class KeyPartitions {
  private readonly pending: string[][] = Array.from({ length: partitionCount }, () => []);
  private waiting = 0;
  size = 0;

  private constructor(private readonly dir: string) {}

  static async create(dir: string): Promise<KeyPartitions> {
    await mkdir(dir, { recursive: true });
    return new KeyPartitions(dir);
  }

  async add(key: string, text: string): Promise<void> {
    this.pending[partitionOf(key)]?.push(`${JSON.stringify([key, text])}\n`);
    this.size += 1;
    if (++this.waiting >= flushAtLines) await this.flush();
  }

  async flush(): Promise<void> {
    for (const [partition, lines] of this.pending.entries()) {
      if (lines.length > 0) await appendFile(this.fileOf(partition), lines.splice(0).join(''));
    }
    this.waiting = 0;
  }

  /** After a flush. Of a key that was added twice, the later text. */
  async read(partition: number): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    try {
      const lines = createInterface({ input: createReadStream(this.fileOf(partition), 'utf8') });
      for await (const line of lines) {
        const [key, text] = JSON.parse(line) as [string, string];
        found.set(key, text);
      }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error; // no key fell into it
    }
    return found;
  }

  remove(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }

  private fileOf(partition: number): string {
    return join(this.dir, `${partition}.ndjson`);
  }
}

/** FNV-1a over UTF-16 code units. */
function partitionOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitionCount;
}
