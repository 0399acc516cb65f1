import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { gitCommitOf, gitRevision } from '../../../src/results/git-revision.js';

const folder = mkdtempSync(join(tmpdir(), 'dten-git-'));
afterAll(() => rmSync(folder, { recursive: true }));
const git = (...args: string[]) =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { encoding: 'utf8' }).trim();

test('no repository: null; a commit, its branch, and whether tracked files differ', async () => {
  expect(await gitRevision(folder)).toBeNull();
  git('init', '-q', '-b', 'trunk');
  expect(await gitRevision(folder)).toBeNull();
  writeFileSync(join(folder, 'scenario.yaml'), 'name: x\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  const commit = git('rev-parse', 'HEAD');
  expect(await gitRevision(folder)).toEqual({ commit, branch: 'trunk', dirty: false });
  // Results are written beside scenarios: what git does not track makes nothing dirty.
  writeFileSync(join(folder, 'result.json'), '{}');
  expect((await gitRevision(folder))?.dirty).toBe(false);
  writeFileSync(join(folder, 'scenario.yaml'), 'name: y\n');
  expect((await gitRevision(folder))?.dirty).toBe(true);
  git('checkout', '-q', '--detach');
  expect(await gitRevision(folder)).toEqual({ commit, branch: null, dirty: true });
  expect(await gitCommitOf(folder, 'trunk')).toBe(commit);
  expect(await gitCommitOf(folder, '--help')).toBeUndefined();
  expect(await gitCommitOf(folder, 'nowhere')).toBeUndefined();
});
