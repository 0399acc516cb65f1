import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutShort, readLines } from '../../../src/environment/embedded/log-file.js';
import { ReplicaLog } from '../../../src/environment/services/replica-log.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dten-test-log-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('readLines', () => {
  it('gives whole lines only, and goes on where it stopped, also amid a character', async () => {
    const path = join(dir, 'a.json');
    expect(await readLines(path, 0)).toEqual({ text: '', nextByte: 0 });
    const bytes = Buffer.from('one ✓\ntwo ✓\n');
    await writeFile(path, bytes.subarray(0, 13));
    const first = await readLines(path, 0);
    expect(first).toEqual({ text: 'one ✓\n', nextByte: 8 });
    await appendFile(path, bytes.subarray(13));
    expect(await readLines(path, first.nextByte)).toEqual({ text: 'two ✓\n', nextByte: 16 });
  });

  it('begins again in a file that became shorter, and says that lines may be lost', async () => {
    const path = join(dir, 'cut.json');
    await writeFile(path, 'one\ntwo\nthree\n');
    const { nextByte } = await readLines(path, 0);
    await truncate(path, 0);
    expect(await readLines(path, nextByte)).toEqual({ text: '', nextByte: 0, lost: cutShort });
    await appendFile(path, 'four\n');
    expect(await readLines(path, nextByte)).toEqual({ text: 'four\n', nextByte: 5, lost: cutShort });
    expect(await readLines(path, 5)).toEqual({ text: '', nextByte: 5 });
  });
});

describe('ReplicaLog', () => {
  it('waits for a line that is written in pieces, and keeps a tail', async () => {
    const log = await ReplicaLog.create(join(dir, 'b.log'));
    const seen = log.waitFor(/^listening ✓$/, new AbortController().signal);
    for (const piece of ['start', 'ing\nlisten', 'ing ✓', '\n']) {
      await appendFile(log.path, piece);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await seen;
    await appendFile(log.path, Array.from({ length: 100 }, (_, i) => `line ${i}\n`).join(''));
    expect(await log.tail(2)).toEqual(['line 98', 'line 99']);
  });

  it('gives up when aborted', async () => {
    const log = await ReplicaLog.create(join(dir, 'c.log'));
    await expect(log.waitFor(/never/, AbortSignal.timeout(120))).rejects.toThrow();
  });
});
