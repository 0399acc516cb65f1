import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runVariable } from '../leftovers/lease.js';
import { copyDirectory, directoryBytes } from '../snapshot/copy-directory.js';
import type { DataFiles } from '../snapshot/data-files.js';
import { cleanEnv } from './initdb.js';
import type { EmbeddedServer } from './server.js';

/** The embedded server's files. Copies lie beside them, in the run's folder, and go with it. */
export function embeddedDataFiles(server: EmbeddedServer, dir: string, runId: string): DataFiles {
  const saved = join(dir, 'snapshot');
  const env = { ...cleanEnv, [runVariable]: runId };
  return {
    stop: () => server.stop(),
    start: () => server.start(),
    async save(signal) {
      await rm(saved, { recursive: true, force: true });
      await copyDirectory(server.dataDir, saved, { env, signal });
      return directoryBytes(saved);
    },
    async putBack(signal) {
      const restored = join(dir, 'restored');
      const replaced = join(dir, 'replaced');
      for (const left of [restored, replaced]) await rm(left, { recursive: true, force: true });
      await copyDirectory(saved, restored, { env, signal });
      // The log goes on: what it says of the run stays, and readers keep their place in it.
      await rm(join(restored, 'log'), { recursive: true, force: true });
      await rename(join(server.dataDir, 'log'), join(restored, 'log'));
      await rename(server.dataDir, replaced);
      await rename(restored, server.dataDir);
      return directoryBytes(saved);
    },
  };
}
