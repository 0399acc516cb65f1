import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../src/environment/free-port.js';
import { startEmbeddedServer } from '../../../src/environment/embedded/server.js';
import { startTestPostgres } from '../../support/postgres.js';

describe('embedded server', () => {
  it('starts with the scenario settings, the production deadlock_timeout, and a jsonlog to read', async () => {
    const test = await startTestPostgres({
      settings: { max_connections: '37', application_name: "o'brien\\x" },
    });
    try {
      const client = await test.connect();
      const show = async (name: string) =>
        (await client.query<Record<string, string>>(`show ${name}`)).rows[0]?.[name];
      expect(await show('max_connections')).toBe('37');
      expect(await show('deadlock_timeout')).toBe('1s');
      expect(await show('fsync')).toBe('on');
      expect(await show('log_lock_waits')).toBe('on');
      expect(await show('server_encoding')).toBe('UTF8');
      await client.query("do $$ begin raise log 'planted ✓ line'; end $$");
      // The server's own collector writes the file, when it gets round to it.
      const log = await vi.waitFor(
        async () => {
          const read = await test.server.readLog(0);
          expect(read.text).toContain('planted ✓ line');
          return read;
        },
        { timeout: 20_000, interval: 50 },
      );
      expect(log.text.endsWith('\n')).toBe(true);
      expect((await test.server.readLog(log.nextByte)).text).toBe('');
    } finally {
      await test.stop();
    }
  });

  it('chooses another port when its port was taken in between', async () => {
    const taken = createServer();
    const takenPort = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    );
    const dir = await mkdtemp(join(tmpdir(), 'dten-test-postgres-'));
    const offered: number[] = [];
    const server = await startEmbeddedServer({
      dir,
      choosePort: async () => {
        offered.push(offered.length === 0 ? takenPort : await freePort());
        return offered.at(-1)!;
      },
    });
    try {
      expect(offered).toHaveLength(2);
      expect(server.port).toBe(offered[1]);
    } finally {
      await server.stop();
      await rm(dir, { recursive: true });
      taken.close();
    }
  });

  it('tells of a crash, and not of a stop or restart it was asked for', async () => {
    const test = await startTestPostgres();
    const exits: (string | null)[] = [];
    try {
      test.server.onExit((exit) => exits.push(exit.signal));
      await test.server.restart();
      const client = await test.connect();
      expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
      expect(exits).toEqual([]);
      const told = new Promise<void>((resolve) => test.server.onExit(() => resolve()));
      await test.server.kill9();
      await told;
      expect(exits).toEqual(['SIGKILL']);
    } finally {
      await test.stop();
    }
    expect(exits).toHaveLength(1);
  });

  it('refuses a setting that Postgres does not know, and one it keeps for itself, as bad input', async () => {
    await expect(startTestPostgres({ settings: { shared_bufers: '1GB' } })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('shared_bufers') as string,
      hint: expect.stringContaining('settings.shared_bufers') as string,
    });
    await expect(startTestPostgres({ settings: { log_destination: 'stderr' } })).rejects.toMatchObject({
      code: 'reserved-setting',
      exitCode: 2,
    });
  });
});
