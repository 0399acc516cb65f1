import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppendFile } from '../../../src/results/append-file.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dten-append-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('AppendFile', () => {
  it('writes what was appended, in order, without being asked to', async () => {
    const path = join(dir, 'lines');
    const file = await AppendFile.open(path);
    for (let i = 0; i < 1_000; i++) file.append(`${i}\n`);
    await file.flush();
    expect((await readFile(path, 'utf8')).split('\n').slice(0, 1_000)).toEqual(
      Array.from({ length: 1_000 }, (_, i) => String(i)),
    );
    file.append('last\n');
    await file.close();
    expect(await readFile(path, 'utf8')).toMatch(/last\n$/);
  });

  // A device that is always full: the real error of a real disk.
  it.runIf(existsSync('/dev/full'))('never loses a line silently when the disk is full', async () => {
    const told: string[] = [];
    const file = await AppendFile.open('/dev/full', (error) => told.push(error.message));
    file.append('a\n');
    await expect(file.flush()).rejects.toMatchObject({ code: 'result-write' });
    file.append('b\n');
    await expect(file.flush()).rejects.toThrow(/cannot write full: ENOSPC/);
    expect(told).toHaveLength(1);
    await expect(file.close()).rejects.toThrow(/ENOSPC/);
  });
});
