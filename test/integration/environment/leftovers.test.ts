import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { openLease, readLease, runsDir } from '../../../src/environment/leftovers/lease.js';
import { identify, isAlive, processStart } from '../../../src/environment/leftovers/process-table.js';
import { sweepLeftovers } from '../../../src/environment/sweep-leftovers.js';

const exec = promisify(execFile);
const fixtures = join(import.meta.dirname, 'fixtures');

interface Made {
  runId: string;
  service: number;
  child: number;
  daemon: number;
  postmaster: number;
  data: string;
}

/** The fixture in a process of its own, under a TMPDIR of the test's, as it reports itself. */
async function provisionElsewhere(
  dir: string,
  prefix: string[] = [],
): Promise<{ owner: ChildProcess; made: Made }> {
  const [command = '', ...args] = [
    ...prefix,
    process.execPath,
    '--import',
    'jiti/register',
    join(fixtures, 'provision-and-wait.ts'),
    join(fixtures, 'service.mjs'),
  ];
  const owner = spawn(command, args, {
    env: { PATH: process.env.PATH, TMPDIR: dir, JITI_FS_CACHE: 'false' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const made = await new Promise<Made>((resolve, reject) => {
    let text = '';
    owner.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.endsWith('\n')) resolve(JSON.parse(text) as Made);
    });
    owner.once('exit', (code) => reject(new Error(`the fixture ended with ${code}`)));
  });
  return { owner, made };
}

async function killed(owner: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => owner.once('exit', resolve));
  owner.kill('SIGKILL');
  await gone;
}

describe('what a killed run leaves', () => {
  const dirs: string[] = [];
  const makeDir = async () => {
    const dir = await mkdtemp(join(tmpdir(), 'dten-test-leftovers-'));
    await chmod(dir, 0o777);
    dirs.push(dir);
    return dir;
  };
  afterEach(async () => {
    for (const dir of dirs.splice(0)) await rm(dir, { recursive: true, force: true });
  });

  it('is removed by the next sweep, and nothing before the owner is dead', async () => {
    const dir = await makeDir();
    const { owner, made } = await provisionElsewhere(dir);
    const runs = await runsDir(dir);
    const pids = [made.service, made.child, made.daemon, made.postmaster];

    expect(await sweepLeftovers(runs)).toEqual([]);
    for (const pid of pids) expect(await processStart(pid)).toBeDefined();

    await killed(owner);
    for (const pid of pids) expect(await processStart(pid)).toBeDefined();
    const lines = await sweepLeftovers(runs);
    for (const pid of pids) expect(await processStart(pid)).toBeUndefined();
    expect(existsSync(made.data)).toBe(false);
    expect(lines.join('\n')).toContain(`ended Postgres (pid ${made.postmaster})`);
    expect(lines.join('\n')).toContain(`ended shop#1 (pid ${made.service})`);
    expect(lines.join('\n')).toContain(`ended a process it started (pid ${made.daemon})`);
    expect(lines.at(-1)).toBe(`run ${made.runId}: removed ${join(runs, made.runId)}`);
    expect(await sweepLeftovers(runs)).toEqual([]);
  });

  it('does not touch a process that only got the pid of one that was recorded', async () => {
    const runs = await runsDir(await makeDir());
    const bystander = spawn('sleep', ['600'], { stdio: 'ignore' });
    const gone = spawn('true', { stdio: 'ignore' });
    const ended = new Promise((resolve) => gone.once('exit', resolve));
    const lease = await openLease('run-1', runs);
    const record = (await readLease(lease.dir))!;
    await ended;
    record.owner = { pid: gone.pid!, startedAt: 'long ago' };
    record.processes = [{ pid: bystander.pid!, startedAt: 'long ago', what: 'shop#1' }];
    await writeFile(join(lease.dir, 'lease.json'), JSON.stringify(record));
    const id = (await identify(bystander.pid!))!;
    expect(await sweepLeftovers(runs)).toEqual([`run run-1: removed ${lease.dir}`]);
    expect(await isAlive(id)).toBe(true);
    bystander.kill('SIGKILL');
  });

  it.runIf(process.getuid?.() === 0)(
    'the same for a user that is not root, whose Postgres runs as that user',
    async () => {
      const dir = await makeDir();
      const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
      const { owner, made } = await provisionElsewhere(dir, asNobody);
      const { stdout } = await exec('ps', ['-o', 'uid=', '-p', String(made.postmaster)]);
      expect(stdout.trim()).toBe('65534');
      await killed(owner);
      const swept = await exec(
        asNobody[0]!,
        [...asNobody.slice(1), process.execPath, '--import', 'jiti/register', join(fixtures, 'sweep.ts')],
        { env: { PATH: process.env.PATH, TMPDIR: dir, JITI_FS_CACHE: 'false' } },
      );
      // What Postgres had started may be told beside it, if it was still on its way out.
      expect(swept.stdout).toContain(`ended Postgres (pid ${made.postmaster})`);
      expect(swept.stdout).toContain(`ended shop#1 (pid ${made.service})`);
      for (const pid of [made.service, made.child, made.daemon, made.postmaster]) {
        expect(await processStart(pid)).toBeUndefined();
      }
      expect(existsSync(made.data)).toBe(false);
    },
  );
});
