import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerAvailable, dockerClient } from '../../../src/environment/container/docker-available.js';
import { runLabel, runsDir } from '../../../src/environment/leftovers/lease.js';
import { provision } from '../../../src/environment/provision.js';
import type { Environment } from '../../../src/model/contracts.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';

const postgresImage = process.env.DTEN_POSTGRES_IMAGE ?? 'dten/postgres:15';
const docker = await dockerAvailable();
const hasImage =
  docker.ok &&
  (await (
    await dockerClient()
  ).container.dockerode
    .getImage(postgresImage)
    .inspect()
    .then(
      () => true,
      () => false,
    ));
const canRun = process.env.DTEN_REQUIRE_DOCKER === '1' || hasImage;

const provides = [
  { what: 'embedded', provide: 'embedded' as const, runs: true },
  { what: `container ${postgresImage}`, provide: { container: { image: postgresImage } }, runs: canRun },
];

for (const { what, provide, runs } of provides) {
  describe.runIf(runs)(`a physical snapshot, ${what}`, () => {
    let run: TestRun;
    let env: Environment;
    beforeAll(async () => {
      run = await startTestRun(
        {
          database: { provide, roles: { app: {}, migrator: { owns: ['public'] } } },
          data: [{ sql: 'create table t (id int primary key)' }, { sql: 'insert into t values (1)' }],
        },
        { rollback: { strategy: 'snapshot' } },
      );
      env = await provision(run.ctx);
    });
    afterAll(async () => {
      expect(await run.end()).toEqual([]);
      expect(existsSync(join(await runsDir(), run.ctx.runId))).toBe(false);
      if (provide === 'embedded') return;
      const filters = { label: [`${runLabel}=${run.ctx.runId}`] };
      const { dockerode } = (await dockerClient()).container;
      expect(await dockerode.listContainers({ all: true, filters })).toEqual([]);
      expect((await dockerode.listVolumes({ filters: JSON.stringify(filters) })).Volumes ?? []).toEqual([]);
    });
    const as = (role: string) => env.database!.connect({ consumer: { kind: 'traffic', name: 'x' }, role });
    const ids = async () => {
      await using session = await as('app');
      return (await session.query('select id from t order by id')).rows.map(({ id }) => Number(id));
    };

    it('puts back what was there when it was taken, under whoever is connected, and tells each part', async () => {
      const url = env.database!.urlFor({ consumer: { kind: 'traffic', name: 'x' }, role: 'app' });
      await env.snapshot!.take();
      const taken = run.events.find((event) => event.type === 'snapshot');
      expect(taken).toMatchObject({ bytes: expect.any(Number) as number });
      expect(taken?.type === 'snapshot' && taken.bytes).toBeGreaterThan(20 * 1024 ** 2);

      await using victim = await as('app');
      await victim.query('insert into t values (2)');
      await using migrator = await as('migrator');
      await migrator.query('alter table t add column late text');
      const parts: string[] = [];
      await env.snapshot!.restore((part, edge) => parts.push(`${part} ${edge}`), run.ctx.signal);

      expect(parts).toEqual(
        ['stop', 'put back', 'start'].flatMap((part) => [`${part} start`, `${part} end`]),
      );
      expect(await ids()).toEqual([1]);
      await expect(victim.query('select 1')).rejects.toThrow();
      // Whoever had the URL still has the right one.
      expect(env.database!.urlFor({ consumer: { kind: 'traffic', name: 'x' }, role: 'app' })).toBe(url);
      await using owner = await as('owner');
      const { rows } = await owner.query(
        "select count(*)::int as n from pg_attribute where attname = 'late'",
      );
      expect(rows).toEqual([{ n: 0 }]);
    });

    it('can be put back again, and keeps what the log said before', async () => {
      await using owner = await as('owner');
      await owner.query("do $$ begin raise log 'before the restore'; end $$");
      await owner.query('insert into t values (3)');
      await env.snapshot!.restore(() => undefined, run.ctx.signal);
      expect(await ids()).toEqual([1]);
      let text = '';
      let fromByte = 0;
      while (!text.includes('before the restore')) {
        const log = await env.database!.readLog(fromByte);
        // A session of before the restore is found dead once, and made anew.
        if (!('text' in log)) continue;
        if (log.nextByte === fromByte) break;
        text += log.text;
        fromByte = log.nextByte;
      }
      expect(text).toContain('before the restore');
    });
  });
}

describe('without a snapshot', () => {
  it('a restore says that none was taken', async () => {
    const run = await startTestRun({ database: {} });
    const env = await provision(run.ctx);
    await expect(env.snapshot!.restore(() => undefined, run.ctx.signal)).rejects.toMatchObject({
      code: 'no-snapshot',
    });
    expect(await run.end()).toEqual([]);
  });

  it('an interruption while it is copied leaves no copy behind', async () => {
    const run = await startTestRun({ database: {} }, { rollback: { strategy: 'snapshot' } });
    const env = await provision(run.ctx);
    const taking = env.snapshot!.take();
    taking.catch(() => undefined);
    const folder = join(await runsDir(), run.ctx.runId, 'postgres');
    while (!readdirSync(folder).includes('snapshot')) await new Promise((resolve) => setTimeout(resolve, 1));
    run.abort();
    await expect(taking).rejects.toThrow('interrupted');
    expect(await run.end()).toEqual([]);
    expect(existsSync(join(await runsDir(), run.ctx.runId))).toBe(false);
  });
});
