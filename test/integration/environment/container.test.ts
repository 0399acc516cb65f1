import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dockerAvailable, dockerClient } from '../../../src/environment/container/docker-available.js';
import { openLease, readLease, runLabel, runsDir } from '../../../src/environment/leftovers/lease.js';
import { provision } from '../../../src/environment/provision.js';
import { sweepLeftovers } from '../../../src/environment/sweep-leftovers.js';
import type { Environment } from '../../../src/model/contracts.js';
import { startTestRun, type TestRun } from '../../support/run-context.js';

const postgresImage = process.env.DTEN_POSTGRES_IMAGE ?? 'dten/postgres:15';
const nodeImage = process.env.DTEN_NODE_IMAGE ?? 'dten/node';
// As testcontainers sees an engine from inside a container: at the bridge's gateway, which is an address of ours.
const [ownAddress] = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .filter(({ internal, family }) => !internal && family === 'IPv4')
  .map(({ address }) => address);
if (ownAddress !== undefined) process.env.TESTCONTAINERS_HOST_OVERRIDE = ownAddress;
const docker = await dockerAvailable();
const hasImage = async (image: string): Promise<boolean> => {
  if (!docker.ok) return false;
  const client = await dockerClient();
  return client.container.dockerode
    .getImage(image)
    .inspect()
    .then(
      () => true,
      () => false,
    );
};
const required = process.env.DTEN_REQUIRE_DOCKER === '1';
const canRun = required || (docker.ok && (await hasImage(postgresImage)));
const canRunNode = required || (canRun && (await hasImage(nodeImage)));

async function containersOf(runId: string): Promise<string[]> {
  const { container } = await dockerClient();
  const filters = { label: [`${runLabel}=${runId}`] };
  return (await container.dockerode.listContainers({ all: true, filters })).map((info) => info.Image);
}

/** The addresses on which ports of the run's containers are open. */
async function publishedPorts(runId: string): Promise<string[]> {
  const { container } = await dockerClient();
  const filters = { label: [`${runLabel}=${runId}`] };
  const all = await container.dockerode.listContainers({ filters });
  return all.flatMap((info) => info.Ports.flatMap(({ IP }) => (IP === undefined ? [] : [IP])));
}

describe('without Docker', () => {
  it('says what to install, or to use the embedded database: exit 2', async () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'unix:///nonexistent/docker.sock';
    const run = await startTestRun({ database: { provide: { container: { image: 'postgres:17' } } } });
    try {
      expect(await dockerAvailable()).toMatchObject({ ok: false });
      await expect(provision(run.ctx)).rejects.toMatchObject({
        code: 'no-docker',
        exitCode: 2,
        message: expect.stringContaining('unix:///nonexistent/docker.sock') as string,
        hint: expect.stringMatching(/install Docker[^]*provide: embedded/) as string,
      });
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
      expect(await run.end()).toEqual([]);
    }
  });
});

describe.runIf(canRun)(`a database container (${postgresImage})`, () => {
  let run: TestRun;
  let env: Environment;
  beforeAll(async () => {
    run = await startTestRun({
      database: {
        provide: { container: { image: postgresImage } },
        settings: { max_connections: 33, deadlock_timeout: '700ms' },
        roles: { app: {}, migrator: { owns: ['public'] } },
      },
      cache: 'cold',
      data: [
        { sql: 'create table t (id int primary key, n int)' },
        { rows: { t: { count: 1000, columns: { id: { sequence: {} }, n: { int: [1, 9] } } } } },
      ],
    });
    env = await provision(run.ctx);
  });
  afterAll(async () => {
    expect(await run.end()).toEqual([]);
    expect(await containersOf(run.ctx.runId)).toEqual([]);
  });

  const as = (role: string) => env.database!.connect({ consumer: { kind: 'traffic', name: 'x' }, role });

  it('has the settings, the roles and the data, labelled and on the loopback only', async () => {
    await using app = await as('app');
    const { rows } = await app.query(
      `select current_setting('max_connections') as max, current_setting('deadlock_timeout') as deadlock,
              current_setting('log_lock_waits') as log, count(*)::int as n from t`,
    );
    expect(rows).toEqual([{ max: '33', deadlock: '700ms', log: 'on', n: 1000 }]);
    expect(await publishedPorts(run.ctx.runId)).toEqual(['127.0.0.1']);
    expect((await env.fingerprint()).provide).toBe(`container ${postgresImage}`);
  });

  it('counts statements, in a view outside the rehearsed database', async () => {
    await using app = await as('app');
    for (let i = 0; i < 3; i++) await app.query('select n as counted from t where id = $1', [i]);
    const { statisticsDatabase, name } = env.database!;
    expect(statisticsDatabase).not.toBe(name);
    await using watch = await env.database!.connect({
      consumer: { kind: 'observer', name: 'test' },
      role: 'owner',
      database: statisticsDatabase,
    });
    const { rows } = await watch.query(
      `select calls::int from pg_stat_statements where query like 'select n as counted%'
         and dbid = (select oid from pg_database where datname = $1)`,
      [name],
    );
    expect(rows).toEqual([{ calls: 3 }]);
  });

  it('reads its jsonlog from an offset on, and clones', async () => {
    await using owner = await as('owner');
    await owner.query("do $$ begin raise log 'planted ✓ line'; end $$");
    let fromByte = 0;
    let text = '';
    while (!text.includes('planted ✓ line')) {
      const log = await env.database!.readLog(fromByte);
      if (!('text' in log)) throw new Error(log.unavailable);
      text += log.text;
      fromByte = log.nextByte;
    }
    for (const line of text.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('error_severity');
    await owner.close();
    const clone = await env.database!.clone('trace');
    await clone.drop();
  });

  it('an image that is not there: exit 2 with what to do', async () => {
    const other = await startTestRun({
      database: { provide: { container: { image: 'dten/no-such-image:1' } } },
    });
    await expect(provision(other.ctx)).rejects.toMatchObject({
      code: 'container-not-started',
      exitCode: 2,
      message: expect.stringContaining('dten/no-such-image:1') as string,
    });
    expect(await other.end()).toEqual([]);
  });

  it('a setting that the server refuses: exit 2 with its words', async () => {
    const other = await startTestRun({
      database: { provide: { container: { image: postgresImage } }, settings: { shared_bufers: '1GB' } },
    });
    await expect(provision(other.ctx)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('shared_bufers') as string,
    });
    expect(await other.end()).toEqual([]);
  });
});

describe.runIf(canRun)('containers that a killed run left', () => {
  it('are removed by their label', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'dten-test-leftovers-'));
    const runs = await runsDir(dir);
    const runId = `left-${process.pid}`;
    const lease = await openLease(runId, runs);
    await lease.containers();
    const { container } = await dockerClient();
    const left = await container.dockerode.createContainer({
      Image: postgresImage,
      Cmd: ['sleep', '600'],
      Labels: { [runLabel]: runId },
    });
    await left.start();
    expect(await sweepLeftovers(runs)).toEqual([]);
    const record = (await readLease(lease.dir))!;
    record.owner.startedAt = 'long ago';
    await writeFile(join(lease.dir, 'lease.json'), JSON.stringify(record));
    const lines = await sweepLeftovers(runs);
    await rm(dir, { recursive: true });
    expect(lines[0]).toContain('removed container');
    expect(await containersOf(runId)).toEqual([]);
  });
});

describe.runIf(canRunNode)(`services in containers (${nodeImage})`, () => {
  let run: TestRun;
  afterEach(async () => {
    expect(await run.end()).toEqual([]);
  });
  const server = `
    const { createServer } = require('node:http');
    process.on('SIGTERM', () => process.exit(0));
    createServer((req, res) => {
      if (req.url === '/die') process.exit(3);
      res.end(JSON.stringify({ release: process.env.RELEASE, db: process.env.DB }));
    }).listen(process.env.PORT, () => console.log('listening'));`;

  it('reach the database container, roll, die and are removed', async () => {
    run = await startTestRun(
      {
        database: { provide: { container: { image: postgresImage } }, roles: { shop: {} } },
        services: {
          shop: {
            image: nodeImage,
            command: ['node', '-e', server],
            port: 8080,
            env: { RELEASE: '1', DB: '${database.url.shop}' },
            ready: { http: '/', log: '^listening' },
          },
        },
      },
      { traffic: { rate: '1/s', endpoints: { read: { request: { path: '/' } } } } },
    );
    const env = await provision(run.ctx);
    await env.startServices();
    const shop = env.services.get('shop')!;
    const look = async () =>
      Promise.all(
        shop
          .targets()
          .map(async (t) => (await (await fetch(t.origin)).json()) as { release: string; db: string }),
      );
    for (const seen of await look()) {
      expect(seen.release).toBe('1');
      expect(seen.db).toMatch(/@database:5432\/test_run\?application_name=dten%2Fservice%2Fshop$/);
    }
    expect(await publishedPorts(run.ctx.runId)).toEqual(['127.0.0.1', '127.0.0.1', '127.0.0.1']);
    const rolled = await shop.replace(
      { env: { RELEASE: '2' } },
      { strategy: 'rolling', drainMs: 0, overlapMs: 0 },
      run.ctx.signal,
    );
    expect(rolled).toEqual({ ok: true });
    expect((await look()).map((seen) => seen.release)).toEqual(['2', '2']);
    const [dying] = shop.targets();
    await fetch(`${dying!.origin}/die`).catch(() => undefined);
    while (shop.targets().length > 1) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(run.events).toContainEqual(
      expect.objectContaining({
        state: 'died',
        replica: dying!.replica,
        detail: 'exit 3',
        logTail: ['listening'],
      }),
    );
    expect(await containersOf(run.ctx.runId)).toHaveLength(2);
  });

  it('cannot reach the embedded database, and say so', async () => {
    run = await startTestRun({
      database: {},
      services: { shop: { image: nodeImage, port: 1, env: { DB: '${database.url}' } } },
    });
    const env = await provision(run.ctx);
    await expect(env.startServices()).rejects.toMatchObject({
      code: 'bad-template',
      exitCode: 2,
      hint: expect.stringContaining('a container cannot reach the embedded database') as string,
    });
  });
});
