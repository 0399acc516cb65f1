import { appendFile, mkdtemp, readFile, readdir, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clockFrom } from '../../../src/foundation/clock.js';
import type { FromWorker } from '../../../src/model/contracts.js';
import type { HealthSample, ServerSample, StampedEvent } from '../../../src/model/observation.js';
import { resultFiles, type Manifest, type ResultJson } from '../../../src/model/result.js';
import { createResult } from '../../../src/results/create-result.js';
import { latestResult, listResults } from '../../../src/results/list-results.js';
import { readResult } from '../../../src/results/read-result.js';
import { openResult } from '../../../src/results/result-writer.js';
import { summarise } from '../../../src/results/summarise.js';
import {
  fullSecond,
  interval,
  lockWait,
  phaseOfSecond,
  sampleEvents,
  samplePlan,
  sampleTrace,
  sampleVerdict,
  tally,
} from '../../unit/results/sample.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dten-results-'));
});
afterAll(() => rm(root, { recursive: true }));

const clock = clockFrom(0n, 1_700_000_000_000_000);
let runs = 0;

const serverSample: ServerSample = {
  atUs: 1_000_000,
  commits: 10,
  rollbacks: null,
  deadlocks: 0,
  blocksHit: 1,
  blocksRead: 1,
  activeBackends: 3,
  waitingBackends: 0,
  idleInTransaction: 0,
  walBytes: 123,
  checkpointsTimed: 0,
  checkpointsRequested: 1,
  deadTuples: { 'public.orders': 3 },
  autovacuums: {},
  tableActivity: { 'public.orders': 5 },
  host: { cpuBusyRatio: 0.5, memoryFreeBytes: 1e9, loadAverage1: 1 },
};
const healthSample: HealthSample = {
  second: 19,
  worker: 0,
  lagP50Us: 100,
  lagP99Us: 900,
  lagMaxUs: 2_000,
  loopDelayP99Us: 1_000,
  cpuRatio: 0.2,
  inFlight: 3,
  queued: 0,
  busyConnections: 2,
  connections: 64,
  sent: 200,
};

async function start() {
  const id = `run${String(runs++).padStart(3, '0')}`;
  return createResult({ root, plan: samplePlan(), clock, startedAt: '2026-11-22T10:15:00.123Z', id });
}

/** Twenty seconds of two workers, with everything that a run writes. */
async function recorded() {
  const writer = await start();
  for (const event of sampleEvents()) writer.event(event);
  for (let second = 0; second < 20; second++) {
    for (const worker of [0, 1]) writer.traffic(fullSecond(worker, second, phaseOfSecond(second)));
  }
  writer.traffic({ type: 'health', sample: healthSample });
  writer.server(serverSample);
  writer.lockWait(lockWait());
  writer.trace(sampleTrace());
  return writer;
}

/** The last event of every run, before it is sealed. */
const runEnd: StampedEvent = { type: 'run', edge: 'end', note: 'complete', seq: sampleEvents().length, atUs: 20_000_000 };

async function sealedJson(dir: string): Promise<ResultJson> {
  const view = await readResult(dir);
  const { endpoints, conservationError, locks } = summarise(view);
  return {
    ...view.manifest,
    endedAt: '2026-11-22T10:15:20.000Z',
    ended: 'complete',
    fingerprint: null,
    phases: view.phases,
    steps: view.steps,
    endpoints,
    lockCoverage: null,
    locks,
    trace: view.trace,
    conservationError,
    degraded: view.degraded,
    audits: [],
    teardownFailures: [],
    verdict: sampleVerdict(),
  };
}

describe('a result folder', () => {
  it('holds its manifest before anything else', async () => {
    const writer = await start();
    const manifest = JSON.parse(await readFile(join(writer.dir, resultFiles.manifest), 'utf8')) as Manifest;
    expect(manifest).toMatchObject({ schema: 'dten.result/1', scenario: 'orders', zeroEpochUs: 1_700_000_000_000_000 });
    expect(manifest.plan).toEqual(samplePlan());
    expect(writer.dir).toBe(join(root, 'orders', `20261122T101500Z-${manifest.id}`));
    await writer.close();
    const view = await readResult(writer.dir);
    expect(view).toMatchObject({ complete: false, damage: [], series: [], trace: { state: 'failed' } });
    expect(view.steps.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped']);
  });

  it('is read back as it was written, sealed or not', async () => {
    const writer = await recorded();
    writer.event(runEnd);
    await writer.flush();
    const before = await readResult(writer.dir);
    expect(before.complete).toBe(false);
    expect(before.damage).toEqual([]);
    await writer.seal(await sealedJson(writer.dir));
    const view = await readResult(writer.dir);
    expect(view).toMatchObject({ complete: true, ended: 'complete', damage: [], degraded: [] });
    expect({ ...view, complete: false, ended: before.ended }).toEqual(before);

    expect(view.events).toEqual([...sampleEvents(), runEnd]);
    expect(view.lockWaits).toEqual([lockWait()]);
    expect(view.server).toEqual([serverSample]);
    expect(view.health).toEqual([healthSample]);
    expect(view.trace).toEqual(sampleTrace());
    expect(view.seconds.map(({ second }) => second)).toEqual(Array.from({ length: 20 }, (_, second) => second));
    expect(view.series).toHaveLength(20 * 2 * 4);
    const upgrade = summarise(view).endpoints.find((e) => e.phase === 'upgrade' && e.endpoint === 'create order');
    expect(upgrade?.tally).toMatchObject({ intended: 5 * 100, ok: 5 * 100 });
    expect(upgrade?.responseMs.count).toBe(500);
    expect(upgrade?.responseMs.max).toBeCloseTo(20, 1);
    expect((await readdir(writer.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('is with the operating system as it happens: nothing waits for a flush', async () => {
    const writer = await start();
    for (const worker of [0, 1]) writer.traffic(fullSecond(worker, 0, 0));
    writer.lockWait(lockWait());
    await expect.poll(() => readFile(join(writer.dir, resultFiles.latency), 'utf8')).toMatch(/lag,0\.000,1\.000/);
    await expect.poll(() => readFile(join(writer.dir, resultFiles.lockWaits), 'utf8')).toMatch(/nightly report.*\n$/);
    await writer.close();
  });

  it('writes what never settled at the end, and what comes late as one more line', async () => {
    const writer = await start();
    writer.traffic(fullSecond(0, 0, 0)); // worker 1 never settles it
    writer.traffic(fullSecond(0, 1, 0));
    await writer.flush();
    expect((await readResult(writer.dir)).seconds).toHaveLength(2);
    writer.traffic(fullSecond(1, 0, 0));
    await writer.close();
    const view = await readResult(writer.dir);
    expect(view.seconds[0]?.tallies[0]).toMatchObject({ intended: 100, ok: 100 });
    expect(view.series.filter(({ second }) => second === 0)).toHaveLength(8);
    expect(view.damage).toEqual([]);
  });

  it('opens with the last line of every file torn, and says which', async () => {
    const writer = await recorded();
    await writer.close();
    for (const name of ['latency', 'traffic', 'lockWaits', 'events', 'server', 'health'] as const) {
      const path = join(writer.dir, resultFiles[name]);
      const text = await readFile(path, 'utf8');
      await truncate(path, Buffer.byteLength(text) - 20);
    }
    const view = await readResult(writer.dir);
    expect(view.complete).toBe(false);
    for (const name of ['latency', 'traffic', 'lockWaits', 'events', 'server', 'health'] as const) {
      const said = view.damage.filter((line) => line.startsWith(resultFiles[name]) && /:\d+: /.test(line));
      expect(said.join(), name).toContain('cut short');
    }
    expect(view.lockWaits).toEqual([]);
    expect(view.seconds).toHaveLength(19);
    // The second whose tallies are gone still has latencies: the two files disagree, and that is said.
    expect(view.damage.filter((line) => line.includes('disagree')).join()).toContain('second 19');
    // Phase `done` was torn off: recovery ends with the last second anything was recorded in.
    expect(view.phases.at(-1)).toEqual({ phase: 'recovery', fromUs: 17_000_000, toUs: 19_000_000 });
    expect(view.steps[0]).toMatchObject({ outcome: 'ok', attempts: [{ ok: false }, { ok: true }] });
  });

  it('tells damage in the middle by its line, and reads on', async () => {
    const writer = await recorded();
    await writer.close();
    await appendFile(join(writer.dir, resultFiles.events), '{"type":"phase"}\nnot json\n\n');
    await appendFile(
      join(writer.dir, resultFiles.events),
      `${JSON.stringify({ type: 'degraded', source: 'log', lost: 'no log', seq: 99, atUs: 1 })}\n`,
    );
    const view = await readResult(writer.dir);
    expect(view.damage).toHaveLength(2);
    expect(view.damage[0]).toMatch(/^events.ndjson:15: /);
    expect(view.damage[1]).toMatch(/^events.ndjson:16: /);
    expect(view.degraded).toEqual([{ source: 'log', lost: 'no log' }]);
  });

  it('tells of files that lost whole lines since it was sealed', async () => {
    const writer = await recorded();
    writer.event(runEnd);
    await writer.flush();
    await writer.seal(await sealedJson(writer.dir));
    const cutTo = async (name: keyof typeof resultFiles, kept: (lines: string[]) => string[]) => {
      const path = join(writer.dir, resultFiles[name]);
      const text = await readFile(path, 'utf8');
      await writeFile(path, kept(text.split('\n')).join('\n'));
      const { damage } = await readResult(writer.dir);
      await writeFile(path, text);
      return damage;
    };
    expect(await cutTo('lockWaits', () => [])).toEqual([
      'lock-waits.ndjson: it holds 0 lock waits, and 1 were counted when the run ended',
    ]);
    expect(await cutTo('events', (lines) => lines.filter((_, at) => at !== 4))).toEqual([
      'events.ndjson: it holds 14 events, and 15 were counted when the run ended',
    ]);
    expect(await cutTo('events', (lines) => lines.slice(0, 5))).toEqual([
      'events.ndjson: it has no end of the run, and result.json was written',
    ]);
    // The last second is gone from both files, so that they agree with each other.
    const [traffic, latency] = [join(writer.dir, resultFiles.traffic), join(writer.dir, resultFiles.latency)];
    const before = { traffic: await readFile(traffic, 'utf8'), latency: await readFile(latency, 'utf8') };
    await writeFile(traffic, before.traffic.split('\n').slice(0, 19).join('\n'));
    await writeFile(latency, before.latency.split('\n').filter((line) => !line.includes(',19.000,')).join('\n'));
    const { damage, complete } = await readResult(writer.dir);
    expect(complete).toBe(true);
    expect(damage.join('\n')).toMatch(/traffic\.ndjson: it holds 200 requests of create order during recovery, and 300/);
    expect(damage.join('\n')).toMatch(/latency\.hlog: it holds 200 latencies of create order during recovery, and 300/);
    await writeFile(traffic, before.traffic);
    await writeFile(latency, before.latency);
    expect((await readResult(writer.dir)).damage).toEqual([]);
  });

  it('tells of a file that is missing, and of a result.json that is damaged', async () => {
    const writer = await recorded();
    await writer.flush();
    await writer.seal(await sealedJson(writer.dir));
    await unlink(join(writer.dir, resultFiles.server));
    await writeFile(join(writer.dir, resultFiles.result), '{"schema":"dten.result/1","id":');
    const view = await readResult(writer.dir);
    expect(view.complete).toBe(false);
    expect(view.damage.find((line) => line.startsWith('server.ndjson'))).toContain('missing');
    expect(view.damage.find((line) => line.startsWith('result.json:1'))).toBeDefined();
    expect(view.phases).toHaveLength(6);
  });

  it('refuses what is no result, or of another schema, and says what to do', async () => {
    await expect(readResult(root)).rejects.toMatchObject({ code: 'not-a-result', exitCode: 2 });
    const writer = await start();
    await writer.close();
    const path = join(writer.dir, resultFiles.manifest);
    const manifest = await readFile(path, 'utf8');
    await writeFile(path, manifest.replace('dten.result/1', 'dten.result/2'));
    await expect(readResult(writer.dir)).rejects.toMatchObject({
      code: 'unknown-result-schema',
      exitCode: 2,
      hint: expect.stringContaining('version of dten') as string,
    });
    await rm(writer.dir, { recursive: true });
  });

  it('is not sealed as complete when a worker counted other than its intervals', async () => {
    const writer = await start();
    const done = (worker: number, intended: number): FromWorker => ({
      type: 'done',
      worker,
      totals: { intended, ok: intended, httpError: 0, timeout: 0, connectionError: 0, dropped: 0, aborted: 0 },
    });
    writer.traffic(interval(0, 0, true, { tally: [tally(0, 0, { dropped: 9 })] }));
    writer.traffic(done(0, 10));
    writer.traffic(done(1, 0));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'result-lost' });
    await writer.close().catch(() => undefined);
    const view = await readResult(writer.dir);
    expect(view.degraded[0]?.lost).toContain('workers counted 10 intended requests, their intervals hold 9');
  });

  it.runIf(existsSync('/dev/full'))('never loses a line silently when the disk is full', async () => {
    const first = await start();
    await first.close();
    const manifest = JSON.parse(await readFile(join(first.dir, resultFiles.manifest), 'utf8')) as Manifest;
    await unlink(join(first.dir, resultFiles.server));
    await symlink('/dev/full', join(first.dir, resultFiles.server));
    const writer = await openResult(first.dir, manifest, clock);
    writer.server(serverSample);
    await expect(writer.flush()).rejects.toThrow(/cannot write server.ndjson: ENOSPC/);
    await unlink(join(first.dir, resultFiles.server));
    await writeFile(join(first.dir, resultFiles.server), '');
    const json = await sealedJson(first.dir);
    await expect(writer.seal(json)).rejects.toThrow(/ENOSPC/);
    expect(existsSync(join(first.dir, resultFiles.result))).toBe(false);
    await writer.seal({ ...json, ended: 'broken', endReason: 'the disk was full' });
    const view = await readResult(first.dir);
    expect(view).toMatchObject({ complete: true, ended: 'broken' });
    expect(view.events.map((event) => event.type)).toContain('degraded');
  });

  it('opens again although a figure of a finding is infinite', async () => {
    const writer = await recorded();
    writer.event(runEnd);
    await writer.flush();
    const json = await sealedJson(writer.dir);
    Object.assign(json.verdict.findings[0] ?? {}, { measured: Number.POSITIVE_INFINITY, limit: 250 });
    await writer.seal(json);
    const view = await readResult(writer.dir);
    expect(view).toMatchObject({ complete: true, damage: [] });
  });

  it('cannot be made where nothing can be written, and says so', async () => {
    const file = join(root, 'a-file');
    await writeFile(file, '');
    const input = { root: file, plan: samplePlan(), clock, startedAt: '2026-11-22T10:15:00Z', id: 'x' };
    await expect(createResult(input)).rejects.toMatchObject({ code: 'results-not-writable', exitCode: 2 });
  });
});

describe('listResults', () => {
  it('lists newest first, with the verdict where there is one', async () => {
    const own = await mkdtemp(join(tmpdir(), 'dten-list-'));
    try {
      const make = (startedAt: string, id: string) =>
        createResult({ root: own, plan: samplePlan(), clock, startedAt, id });
      const older = await make('2026-11-22T10:15:00Z', 'zzz');
      await older.seal(await sealedJson(older.dir));
      const newer = await make('2026-11-23T00:00:00Z', 'aaa');
      await newer.close();
      await writeFile(join(own, 'orders', 'notes.txt'), 'not a result');

      const listed = await listResults(own);
      expect(listed.map(({ dir, verdict, scenario }) => [dir, verdict, scenario])).toEqual([
        [newer.dir, null, 'orders'],
        [older.dir, 'NO-GO', 'orders'],
      ]);
      expect(await latestResult(own)).toBe(newer.dir);
      expect(await latestResult(own, 'orders')).toBe(newer.dir);
      expect(await latestResult(join(own, 'orders'))).toBe(newer.dir);
      expect(await latestResult(own, 'other')).toBeUndefined();
      expect(await listResults(join(own, 'nowhere'))).toEqual([]);
    } finally {
      await rm(own, { recursive: true });
    }
  });
});
