import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startClock } from '../../../src/foundation/clock.js';
import { judge, pageDataOf, readResult, type Rehearsed } from '../../../src/index.js';
import type { ResultWriter } from '../../../src/model/contracts.js';
import type { LockQueue } from '../../../src/model/lock-queue.js';
import type { LiveMessage } from '../../../src/model/live-feed.js';
import { unpackColumn } from '../../../src/model/page-column.js';
import { seriesColumns, type PageSecond } from '../../../src/model/page-data.js';
import { createResult } from '../../../src/results/create-result.js';
import { startLiveServer, type LiveServer } from '../../../src/serve/live/live-server.js';
import {
  fullSecond,
  interval,
  lockWait,
  sampleEvents,
  samplePlan,
  series,
  tally,
} from '../../unit/results/sample.js';
import { cookieOf, rawRequest } from './raw-request.js';

const token = 'a-token-of-this-test-0123456789';
const clock = startClock();
const root = mkdtempSync(join(tmpdir(), 'dten-live-'));
const open: LiveServer[] = [];
afterEach(async () => {
  for (const live of open.splice(0)) await live.close();
  rmSync(root, { recursive: true, force: true });
});

async function serveLive(): Promise<{ live: LiveServer; port: number; aborts: () => number }> {
  let aborts = 0;
  const live = await startLiveServer({
    host: '127.0.0.1',
    port: 0,
    token,
    clock,
    abort: () => (aborts += 1),
  });
  open.push(live);
  return { live, port: live.server.port, aborts: () => aborts };
}

let ids = 0;
/** A rehearsal without a system under it: what the test writes goes into the files and the feed. */
async function begin(live: LiveServer): Promise<ResultWriter> {
  const listener = live.watcher();
  const writer = await createResult({
    root,
    plan: samplePlan(1),
    clock,
    startedAt: '2026-11-22T10:15:00.000Z',
    id: String(++ids),
    listener,
  });
  listener.begin?.({ dir: writer.dir, manifest: writer.manifest, clock });
  for (const event of sampleEvents()) {
    writer.event(event);
    listener.event?.(event);
  }
  return writer;
}

const end = (live: LiveServer, writer: ResultWriter) =>
  live.ended({
    dir: writer.dir,
    reportFailure: 'not written in this test',
    result: { ended: 'complete', verdict: { verdict: 'GO', because: 'planted' } },
  } as unknown as Rehearsed);

interface Told {
  id: string | undefined;
  message: LiveMessage;
}

/** Server-sent events, by hand, so that a test can hang up at any byte. */
class Viewer {
  readonly told: Told[] = [];
  private text = '';
  private constructor(
    private readonly answer: IncomingMessage,
    readonly closed: Promise<void>,
  ) {}

  static connect(port: number, lastEventId?: string): Promise<Viewer> {
    return new Promise((resolve, reject) => {
      const headers = {
        host: 'localhost',
        authorization: `Bearer ${token}`,
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      };
      const sent = request(
        { host: '127.0.0.1', port, path: '/live/events', headers, agent: false },
        (answer) => {
          if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
          const closed = new Promise<void>((done) => answer.once('close', done));
          const viewer = new Viewer(answer, closed);
          answer.setEncoding('utf8');
          answer.on('error', () => undefined);
          answer.on('data', (chunk: string) => viewer.hear(chunk));
          resolve(viewer);
        },
      );
      sent.on('error', reject);
      sent.end();
    });
  }

  hangUp(): void {
    this.answer.destroy();
  }

  get lastId(): string | undefined {
    return this.told.findLast(({ id }) => id !== undefined)?.id;
  }

  private hear(chunk: string): void {
    this.text += chunk;
    for (let at = this.text.indexOf('\n\n'); at >= 0; at = this.text.indexOf('\n\n')) {
      const block = this.text.slice(0, at);
      this.text = this.text.slice(at + 2);
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) {
        this.told.push({ id: /^id: (.*)$/m.exec(block)?.[1], message: JSON.parse(data) as LiveMessage });
      }
    }
  }
}

describe('what a viewer is told', () => {
  test('second by second, the very numbers that the report draws from the files', async () => {
    const { live, port } = await serveLive();
    const writer = await begin(live);
    const viewer = await Viewer.connect(port);
    for (let second = 1; second <= 20; second++)
      writer.traffic(fullSecond(0, second, 1, 20_000 + 7_000 * second));
    // Drops count as +∞, and what comes late for a second adds to it.
    writer.traffic(
      interval(0, 21, true, {
        series: [series(0, 1, 'response', [900])],
        tally: [tally(0, 1, { ok: 1, dropped: 1 })],
      }),
    );
    writer.traffic(
      interval(0, 20, true, {
        series: [series(1, 1, 'response', [4_000_000])],
        tally: [tally(1, 1, { timeout: 1 })],
      }),
    );
    writer.lockWait(lockWait());
    await writer.close();
    await end(live, writer);
    await viewer.closed;

    const seconds = new Map<number, { all: PageSecond; endpoints: (PageSecond | null)[] }>();
    for (const { message } of viewer.told)
      if (message.type === 'second') seconds.set(message.second, message);
    const view = await readResult(writer.dir);
    const page = pageDataOf(view, judge(view));
    expect(seconds.size).toBe(21);
    for (const [second, row] of seconds) {
      const at = second - page.traffic.firstSecond;
      const drawn = (of: (typeof page.traffic)['all']) =>
        seriesColumns.map((name) => unpackColumn(of[name])[at] ?? null);
      expect(row.all).toEqual(drawn(page.traffic.all));
      for (const [endpoint, one] of row.endpoints.entries()) {
        expect(one ?? [0, 0, 0, 0, null, null, null]).toEqual(drawn(page.traffic.endpoints[endpoint]!));
      }
    }
    expect(seconds.get(20)?.all.slice(0, 3)).toEqual([101, 100, 1]);
    const waits = viewer.told.flatMap(({ message }) => (message.type === 'wait' ? [message] : []));
    expect(waits.map(({ wait }) => wait)).toEqual(page.locks?.waits);
    expect(waits.flatMap(({ parties }) => parties)).toEqual(page.locks?.parties);
    expect(viewer.told.at(-1)?.message).toEqual({
      type: 'end',
      ended: 'complete',
      verdict: 'GO',
      because: 'planted',
    });
  });

  test('who waits behind whom: the newest picture, also to who comes later', async () => {
    const { live, port } = await serveLive();
    const listener = live.watcher();
    const writer = await createResult({
      root,
      plan: samplePlan(1),
      clock,
      startedAt: '2026-11-22T10:15:00Z',
      id: 'q',
      listener,
    });
    listener.begin?.({ dir: writer.dir, manifest: writer.manifest, clock });
    const queue = (atUs: number): LockQueue => ({
      atUs,
      waiting: [],
      leftOut: 0,
      holders: [{ pid: atUs, actor: { kind: 'service', name: 'shop' } }],
    });
    for (let atUs = 1; atUs <= 1000; atUs++) listener.lockQueue?.(queue(atUs));
    const viewer = await Viewer.connect(port);
    await expect
      .poll(() => viewer.told.filter(({ message }) => message.type === 'queue'))
      .toEqual([{ id: undefined, message: { type: 'queue', queue: queue(1000) } }]);
    viewer.hangUp();
    await writer.close();
  });
});

test('a viewer that is cut off again and again misses nothing, and hears nothing twice', async () => {
  const { live, port } = await serveLive();
  const writer = await begin(live);
  const truth = await Viewer.connect(port);
  const kept: Told[] = [];
  let lastId: string | undefined;
  for (let second = 1; second <= 60; second++) {
    writer.traffic(fullSecond(0, second, 1));
    if (second % 3 !== 0) continue;
    // Hangs up as soon as it has heard anything new, or, every other time, at once.
    const viewer = await Viewer.connect(port, lastId);
    if (second % 2 === 0) await expect.poll(() => viewer.told.length).toBeGreaterThan(0);
    viewer.hangUp();
    await viewer.closed;
    kept.push(...viewer.told.filter(({ id }) => id !== undefined));
    lastId = viewer.lastId ?? lastId;
  }
  await writer.close();
  await end(live, writer);
  await truth.closed;
  const last = await Viewer.connect(port, lastId);
  await last.closed;
  kept.push(...last.told.filter(({ id }) => id !== undefined));
  const whole = truth.told.filter(({ id }) => id !== undefined);
  expect(whole.filter(({ message }) => message.type === 'second')).toHaveLength(60);
  expect(kept).toEqual(whole);
});

test('ids of an earlier run, or made up, begin at the start', async () => {
  const { live, port } = await serveLive();
  const first = await begin(live);
  await first.close();
  await end(live, first);
  const second = await begin(live);
  for (const id of ['1-3', '2-999999', 'x', '2--1', '2-1e3']) {
    const viewer = await Viewer.connect(port, id);
    await expect
      .poll(() => viewer.told[0])
      .toMatchObject({ id: '2-0', message: { type: 'begin', id: second.manifest.id } });
    viewer.hangUp();
    await viewer.closed;
  }
  await second.close();
});

test('a viewer that reads nothing holds up neither the rehearsal nor others, and nothing is put aside for it', async () => {
  const { live, port } = await serveLive();
  const writer = await begin(live);
  const stuck = connect(port, '127.0.0.1');
  await new Promise((resolve) => stuck.once('connect', resolve));
  stuck.pause();
  stuck.write(`GET /live/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`);
  const reading = await Viewer.connect(port);
  // Some 12 MB: far more than a socket's buffers take.
  const long = 'x'.repeat(40_000);
  for (let n = 0; n < 300; n++)
    writer.lockWait(lockWait({ waiter: { ...lockWait().waiter, query: `${n} ${long}` } }));
  await writer.close();
  await end(live, writer);
  await reading.closed;
  expect(reading.told.filter(({ message }) => message.type === 'wait')).toHaveLength(300);
  expect(reading.told.at(-1)?.message.type).toBe('end');
  await live.close(); // does not wait for it either
  stuck.destroy();
});

describe('the abort button', () => {
  test('interrupts as Ctrl-C does, for who has the page and nobody else', async () => {
    const { live, port, aborts } = await serveLive();
    const writer = await begin(live);
    const host = 'localhost';
    const cookie = cookieOf(await rawRequest(port, `/?token=${token}`, { headers: { host } }));
    const session = await rawRequest(port, '/live/session', { headers: { host, cookie } });
    const { csrf } = JSON.parse(session.body) as { csrf: string };
    const post = async (headers: Record<string, string>) =>
      (await rawRequest(port, '/live/abort', { method: 'POST', headers: { host, ...headers } })).status;
    expect(await post({})).toBe(401);
    expect(await post({ cookie, origin: 'http://evil.example', 'x-dten-csrf': csrf })).toBe(403);
    expect(await post({ cookie, origin: 'http://localhost' })).toBe(403);
    expect((await rawRequest(port, '/live/abort', { headers: { host, cookie } })).status).toBe(404);
    expect(aborts()).toBe(0);
    const viewer = await Viewer.connect(port);
    expect(await post({ cookie, origin: 'http://localhost', 'x-dten-csrf': csrf })).toBe(202);
    expect(aborts()).toBe(1);
    await expect.poll(() => viewer.told.map(({ message }) => message.type)).toContain('aborting');
    await writer.close();
    await end(live, writer);
    expect(await post({ cookie, origin: 'http://localhost', 'x-dten-csrf': csrf })).toBe(409);
    expect(aborts()).toBe(1);
  });
});
