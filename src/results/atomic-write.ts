import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes `path` whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A rename is on the disk only once its folder is. Not every file system (or Windows) can sync a folder. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // The file itself is synced; only a power cut could still undo the rename.
  }
}
