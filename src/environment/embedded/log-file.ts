import { open } from 'node:fs/promises';
import type { LogChunk } from '../../model/contracts.js';

const maxChunkBytes = 4 * 1024 * 1024;

/** What a log says that is shorter than it was: somebody emptied it, or put another in its place. */
export const cutShort = 'the file was cut short while it was followed';

/**
 * The whole lines of a file from a byte offset on, at most 4 MiB of them: a line half written is left for the
 * next call. An absent file is empty; one that is shorter than the offset is read from its beginning.
 */
export async function readLines(path: string, fromByte: number): Promise<LogChunk> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return { text: '', nextByte: fromByte };
  try {
    const { size } = await file.stat();
    const from = size < fromByte ? 0 : fromByte;
    const buffer = Buffer.alloc(Math.min(size - from, maxChunkBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
    const chunk = wholeLines(buffer.subarray(0, bytesRead), from);
    return from < fromByte ? { ...chunk, lost: cutShort } : chunk;
  } finally {
    await file.close();
  }
}

/** Cuts a chunk after its last newline; a chunk that is one line without an end and full is passed on as it is. */
export function wholeLines(chunk: Buffer, fromByte: number): { text: string; nextByte: number } {
  const end = chunk.lastIndexOf(0x0a) + 1;
  const length = end === 0 && chunk.length === maxChunkBytes ? chunk.length : end;
  return { text: chunk.toString('utf8', 0, length), nextByte: fromByte + length };
}
