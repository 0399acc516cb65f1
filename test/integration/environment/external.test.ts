import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../src/environment/free-port.js';
import { provision } from '../../../src/environment/provision.js';
import type { ScenarioInput } from '../../../src/model/scenario.js';
import { startPooler } from '../../support/pooler.js';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';

const variable = 'DTEN_TEST_EXTERNAL_URL';
const external = { external: { urlFrom: variable } } as const;

describe('an external database', () => {
  let server: TestPostgres;
  let run: TestRun;
  beforeAll(async () => {
    server = await startTestPostgres();
    const client = await server.connect();
    await client.query('create database theirs');
  });
  afterAll(() => server.stop());
  afterEach(async () => {
    delete process.env[variable];
    expect(await run.end()).toEqual([]);
  });

  const url = (port = server.port) =>
    server.url.replace(`:${server.port}/`, `:${port}/`).replace(/postgres$/, 'theirs');
  const provisioned = async (
    database: Partial<NonNullable<ScenarioInput['environment']['database']>> = {},
    data: ScenarioInput['environment']['data'] = [],
  ) => {
    run = await startTestRun({ database: { provide: external, ...database }, data });
    return provision(run.ctx);
  };

  it('is rehearsed in place, with the roles and data that the scenario declares, and stays', async () => {
    process.env[variable] = url();
    const env = await provisioned({ roles: { shop: {}, migrator: { owns: ['public'] } } }, [
      { sql: 'create table if not exists t (id int)' },
    ]);
    const { database } = env;
    expect(database?.name).toBe('theirs');
    {
      await using shop = await database!.connect({ consumer: { kind: 'traffic', name: 'x' }, role: 'shop' });
      await shop.query('insert into t values (1)');
    }
    expect(await database!.readLog(0)).toMatchObject({
      text: expect.stringContaining('checkpoint') as string,
    });
    await expect(database!.clone('x')).rejects.toMatchObject({ code: 'no-clone' });
    await run.end();
    const theirs = await server.connect('theirs');
    expect((await theirs.query('select id from t')).rows).toEqual([{ id: 1 }]);
    await theirs.end();
    // A second rehearsal may use the roles of the first.
    await provisioned({ roles: { shop: {} } });
  });

  it('does not change a role that it did not make', async () => {
    const client = await server.connect();
    await client.query("create role production_app login password 'secret'");
    process.env[variable] = url();
    await expect(provisioned({ roles: { production_app: {} } })).rejects.toMatchObject({
      code: 'bad-role',
      exitCode: 2,
    });
  });

  it('says what it cannot set', async () => {
    process.env[variable] = url();
    await provisioned({ settings: { max_connections: 17 } });
    expect(run.events).toContainEqual(
      expect.objectContaining({
        type: 'degraded',
        source: 'settings',
        lost: 'max_connections is "100" on the external server, not "17": dten does not change it',
      }),
    );
  });

  it('unreachable: exit 2 with host, port and variable', async () => {
    const port = await freePort();
    process.env[variable] = `postgresql://me@127.0.0.1:${port}/x`;
    await expect(provisioned()).rejects.toMatchObject({
      code: 'database-unreachable',
      exitCode: 2,
      message: expect.stringContaining(`127.0.0.1:${port} (from $${variable})`) as string,
    });
  });

  it('without the variable, or with something else in it: exit 2 with an example', async () => {
    await expect(provisioned()).rejects.toMatchObject({
      code: 'bad-database-url',
      exitCode: 2,
      hint: expect.stringContaining(`export ${variable}=postgresql://`) as string,
    });
    await run.end();
    process.env[variable] = 'mysql://x@y/z';
    await expect(provisioned()).rejects.toMatchObject({ code: 'bad-database-url' });
  });

  it('a connection pooler in between: exit 2', async () => {
    const pooler = await startPooler(server.port);
    process.env[variable] = url(pooler.port);
    await expect(provisioned()).rejects.toMatchObject({
      code: 'pooler',
      exitCode: 2,
      hint: expect.stringContaining('direct URL') as string,
    });
    pooler.stop();
  });
});
