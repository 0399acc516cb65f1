import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogTail } from '../../../src/observe/log/log-tail.js';

function logLine(pid: number, database = 'app'): string {
  return JSON.stringify({
    timestamp: '2026-03-04 05:06:07.089 UTC',
    pid,
    dbname: database,
    error_severity: 'ERROR',
    state_code: '55P03',
    message: 'canceling statement due to lock timeout — ü',
  });
}

/** A log that grows; `torn` lets a read end anywhere. */
function fakeLog() {
  let bytes = Buffer.alloc(0);
  return {
    name: 'app',
    write: (text: string) => (bytes = Buffer.concat([bytes, Buffer.from(text)])),
    truncate: () => (bytes = Buffer.alloc(0)),
    unavailable: undefined as string | undefined,
    /** The next read is of a file as long as the one before. */
    newFile: false,
    lost: undefined as string | undefined,
    readLog(
      this: { unavailable: string | undefined; newFile: boolean; lost: string | undefined },
      asked: number,
    ) {
      if (this.unavailable !== undefined) return Promise.resolve({ unavailable: this.unavailable });
      const fromByte = this.newFile ? 0 : asked;
      this.newFile = false;
      const text = bytes.subarray(fromByte).toString();
      const chunk = { text, nextByte: Math.max(fromByte, bytes.length) };
      return Promise.resolve(this.lost === undefined ? chunk : { ...chunk, lost: this.lost });
    },
  };
}

test('starts at the end, reads what is new once, leaves out other databases and lines that say nothing', async () => {
  const log = fakeLog();
  log.write(`${logLine(1)}\n`);
  const tail = new LogTail(log);
  await tail.skipToEnd(undefined);
  log.write(`${logLine(2)}\n${logLine(3, 'other')}\n{"message":"checkpoint"}\n`);
  expect((await tail.read(0)).map(({ pid }) => pid)).toEqual([2]);
  expect(await tail.read(0)).toEqual([]);
});

test('a line torn between two reads is put together; one torn by a crash is counted and left out', async () => {
  const log = fakeLog();
  const tail = new LogTail(log);
  await tail.skipToEnd(undefined);
  const whole = `${logLine(7)}\n`;
  log.write(whole.slice(0, 40));
  expect(await tail.read(0)).toEqual([]);
  log.write(whole.slice(40));
  log.write(`${logLine(8).slice(0, 50)}\n${logLine(9)}\n`);
  expect((await tail.read(0)).map(({ pid }) => pid)).toEqual([7, 9]);
  expect(tail.tornLines).toBe(1);
});

test('a line that a full disk cut has the next one glued to it, which is read', async () => {
  const log = fakeLog();
  const tail = new LogTail(log);
  await tail.skipToEnd(undefined);
  log.write(`${logLine(7).slice(0, 50)}${logLine(8)}\n`);
  expect((await tail.read(0)).map(({ pid }) => pid)).toEqual([8]);
  expect(tail.tornLines).toBe(1);
  const quoted = JSON.stringify({ ...(JSON.parse(logLine(9)) as object), statement: '{"timestamp":"x"}' });
  log.write(`${quoted}\n`);
  expect((await tail.read(0)).map(({ pid }) => pid)).toEqual([9]);
  expect(tail.tornLines).toBe(1);
});

test('however the lines are cut into reads, each is read once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 30 }), async (cuts) => {
      const log = fakeLog();
      const tail = new LogTail(log);
      await tail.skipToEnd(undefined);
      // ASCII, so that a cut never falls inside a character: readLog hands out text.
      const text = Array.from({ length: 6 }, (_, i) => `${logLine(i + 1).replaceAll(/[^ -~]/g, '?')}\n`).join(
        '',
      );
      const pids: number[] = [];
      let at = 0;
      for (const cut of [...cuts, text.length]) {
        log.write(text.slice(at, at + cut));
        at += cut;
        pids.push(...(await tail.read(0)).map(({ pid }) => pid));
      }
      expect(pids).toEqual([1, 2, 3, 4, 5, 6]);
      expect(tail.tornLines).toBe(0);
    }),
  );
});

test('half a line at the end of a file that another follows is torn, and why lines are lost is kept', async () => {
  const log = fakeLog();
  const tail = new LogTail(log);
  await tail.skipToEnd(undefined);
  log.write(logLine(1).slice(0, 40));
  expect(await tail.read(0)).toEqual([]);
  log.truncate();
  log.write(`${logLine(2)}\n`);
  log.newFile = true;
  log.lost = 'it was cut short';
  expect((await tail.read(0)).map(({ pid }) => pid)).toEqual([2]);
  expect(tail.tornLines).toBe(1);
  log.lost = undefined;
  expect(await tail.read(0)).toEqual([]);
  expect(tail.lost).toBe('it was cut short');
});

test('a new file is read from its beginning; why a log cannot be read is kept', async () => {
  const log = fakeLog();
  log.write(`${logLine(1)}\n`);
  const tail = new LogTail(log);
  await tail.skipToEnd(undefined);
  log.truncate();
  log.write(`${logLine(2)}\n`);
  log.newFile = true;
  expect((await tail.read(0)).map(({ pid }) => pid)).toEqual([2]);
  log.unavailable = 'permission denied';
  expect(await tail.read(0)).toEqual([]);
  expect(tail.unavailable).toBe('permission denied');
});
