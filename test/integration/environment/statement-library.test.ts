import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { postgresBinaries, shipsLibrary } from '../../../src/environment/embedded/binaries.js';
import { startEmbeddedServer } from '../../../src/environment/embedded/server.js';
import { preloadStatementLibrary } from '../../../src/environment/database/statement-library.js';
import { openSession } from '../../../src/environment/database/session.js';
import { provision } from '../../../src/environment/provision.js';
import { startTestRun } from '../../support/run-context.js';

it('is loaded where it was shipped, and only there', async () => {
  const { binDir } = await postgresBinaries();
  expect(await shipsLibrary(binDir, 'pg_stat_statements')).toBe(true);
  expect(await shipsLibrary(binDir, 'pg_nowhere')).toBe(false);
  // A library that no extension belongs to.
  expect(await shipsLibrary(binDir, 'auto_explain')).toBe(false);
});

it('is added to what a running server loads, which keeps the rest', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'dten-test-postgres-'));
  const server = await startEmbeddedServer({ dir, settings: { shared_preload_libraries: 'auto_explain' } });
  try {
    const open = () =>
      openSession({ url: `postgres://postgres:${server.password}@${server.host}:${server.port}/postgres` });
    {
      await using session = await open();
      expect(await preloadStatementLibrary(session)).toBe(true);
    }
    await server.restart();
    await using session = await open();
    const { rows } = await session.query('show shared_preload_libraries');
    expect(rows).toEqual([{ shared_preload_libraries: 'auto_explain, pg_stat_statements' }]);
    expect(await preloadStatementLibrary(session)).toBe(false);
  } finally {
    await server.stop();
    await rm(dir, { recursive: true });
  }
});

it('has its view outside the rehearsed database, and what a scenario loads stays as it is', async () => {
  const run = await startTestRun({ database: {} });
  const other = await startTestRun({ database: { settings: { shared_preload_libraries: '' } } });
  try {
    for (const [one, extensions] of [
      [run, ['pg_stat_statements', 'plpgsql']],
      [other, ['plpgsql']],
    ] as const) {
      const { database } = await provision(one.ctx);
      const consumer = { kind: 'observer', name: 'test' } as const;
      const extensionsIn = async (name: string) => {
        await using session = await database!.connect({ consumer, role: 'owner', database: name });
        const { rows } = await session.query('select extname from pg_extension order by 1');
        return rows.map(({ extname }) => extname);
      };
      expect(await extensionsIn(database!.statisticsDatabase)).toEqual(extensions);
      expect(await extensionsIn(database!.name)).toEqual(['plpgsql']);
    }
  } finally {
    expect(await run.end()).toEqual([]);
    expect(await other.end()).toEqual([]);
  }
});
