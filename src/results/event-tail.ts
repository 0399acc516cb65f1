import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { stampedEventSchema, type StampedEvent } from '../model/observation.js';
import { resultFiles } from '../model/result.js';

const tailBytes = 65_536;

/** The last events of a result that somebody may be writing to, oldest first; what is no whole line yet is left out. */
export async function lastEvents(dir: string): Promise<StampedEvent[]> {
  const file = await open(join(dir, resultFiles.events)).catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - tailBytes);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines.slice(from > 0 ? 1 : 0).flatMap((line) => eventOf(line) ?? []);
  } finally {
    await file.close();
  }
}

function eventOf(line: string): StampedEvent | undefined {
  try {
    return stampedEventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
