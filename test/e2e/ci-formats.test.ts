import { cpSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plantResult } from '../support/planted-results.js';
import { sarifSchema } from '../unit/report/sarif-schema.js';
import { dten, repository } from './support/dten-process.js';

/** A repository of its own, with the scenario that the planted result names by another machine's path. */
function checkout(): { root: string; result: string } {
  const root = mkdtempSync(join(tmpdir(), 'dten-e2e-formats-'));
  mkdirSync(join(root, '.git'));
  mkdirSync(join(root, 'sub'));
  cpSync(join(repository, 'test/fixtures/scenarios/shop'), join(root, 'scenarios/orders'), {
    recursive: true,
  });
  return { root, result: plantResult(join(root, 'results'), {}) };
}

test('findings go into SARIF and code quality, and onto stderr for GitHub; the exit code is the verdict’s', async () => {
  const { root, result } = checkout();
  const [sarif, gitlab] = [join(root, 'dten.sarif'), join(root, 'gl.json')];
  const ended = await dten(['report', result, '--json', '--sarif', sarif, '--gitlab', gitlab], {
    cwd: join(root, 'sub'),
    env: { GITHUB_ACTIONS: 'true' },
  });
  // Its observations are not there: INVALID, with findings that say so.
  expect(ended.code).toBe(3);
  expect(JSON.parse(ended.stdout)).toMatchObject({ verdict: 'INVALID' });
  const [run] = sarifSchema.parse(JSON.parse(readFileSync(sarif, 'utf8'))).runs;
  const entries = JSON.parse(readFileSync(gitlab, 'utf8')) as { location: { path: string } }[];
  const report = JSON.parse(ended.stdout) as { findings: unknown[] };
  expect(run!.results).toHaveLength(report.findings.length);
  expect(entries).toHaveLength(report.findings.length);
  // `/scenarios/orders/scenario.yaml` of the machine that rehearsed is that file of this checkout.
  for (const { locations } of run!.results) {
    expect(locations[0]!.physicalLocation.artifactLocation).toEqual({
      uri: 'scenarios/orders/scenario.yaml',
      uriBaseId: '%SRCROOT%',
    });
  }
  for (const { location } of entries) expect(location.path).toBe('scenarios/orders/scenario.yaml');
  expect(ended.stderr).toMatch(
    /^::warning file=scenarios\/orders\/scenario\.yaml,line=1,title=dten INVALID/m,
  );
});

test('annotations are for GitHub alone', async () => {
  const ended = await dten(['report', checkout().result], { env: { GITHUB_ACTIONS: '' } });
  expect(`${ended.stdout}${ended.stderr}`).not.toMatch(/^::/m);
});

test('files that cannot be written are told before, all at once', async () => {
  const flags = ['--sarif', '/nonexistent/a.sarif', '--gitlab', tmpdir()];
  const ended = await dten(['report', checkout().result, ...flags]);
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('--sarif: there is no folder /nonexistent');
  expect(ended.stderr).toContain(`--gitlab: ${tmpdir()} is a folder`);
});
