import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { DtenProcess, dten } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

/** A disk of 4 MB of our own; or why there cannot be one. */
const disk = mountSmallDisk();
afterAll(() => {
  if ('path' in disk) execFileSync('umount', [disk.path]);
  if ('path' in disk) rmSync(disk.path, { recursive: true });
});

function mountSmallDisk(): { path: string } | { missing: string } {
  if (process.getuid?.() !== 0) return { missing: 'only root may mount a disk that can be filled' };
  const path = mkdtempSync(join(tmpdir(), 'dten-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', path], { stdio: 'pipe' });
    return { path };
  } catch (error) {
    rmSync(path, { recursive: true });
    return { missing: `mount does not work here: ${(error as Error).message.split('\n').at(-2)}` };
  }
}

const why = 'missing' in disk ? ` (skipped: ${disk.missing})` : '';

test.skipIf('missing' in disk)(
  `the disk of the results fills in the upgrade: exit 4 with the file, all torn down, the rest opens${why}`,
  async () => {
    const { path } = disk as { path: string };
    const run = new DtenProcess(['rehearse', smallScenario(), '--results', path]);
    await run.says(/phase upgrade/);
    fill(join(path, 'filler'));
    const ended = await run.ended;
    expect(ended.code, ended.stderr).toBe(4);
    expect(ended.stderr).toMatch(/could not be sealed: cannot write \w+[\w.-]*: ENOSPC/);
    expect(run.left()).toEqual([]);

    rmSync(join(path, 'filler'));
    const results = join(path, 'small');
    const [only = ''] = readdirSync(results);
    expect(readdirSync(join(results, only))).not.toContain('result.json');
    const report = await dten(['report', join(results, only)]);
    expect(report.code).toBe(3);
    expect(report.stdout).toMatch(/INCOMPLETE/);
    expect(report.stdout).toContain('add item');
  },
);

/** Writes until nothing more goes in. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (const size of [65_536, 512, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        expect((error as { code?: string }).code).toBe('ENOSPC');
      }
    }
  } finally {
    closeSync(file);
  }
}
