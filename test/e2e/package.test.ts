import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './support/dten-process.js';

test('packs, installs without dev dependencies, and runs from there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dten-pack-'));
  const run = (cwd: string, command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd, encoding: 'utf8' });
  const packed = JSON.parse(
    run(repository, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder),
  ) as unknown;
  const tarball = /[\w.-]+\.tgz/.exec(JSON.stringify(packed))![0];
  writeFileSync(join(folder, 'package.json'), '{"name":"user","private":true,"type":"module"}');
  run(folder, 'npm', 'install', '--omit=dev', '--no-audit', '--no-fund', `./${tarball}`);

  const dten = join(folder, 'node_modules', '.bin', 'dten');
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(run(folder, dten, '--version').trim()).toBe(version);
  // What the pages of a report and of a comparison run and look by.
  for (const asset of ['report.js', 'report.css', 'comparison.js', 'comparison.css']) {
    expect(existsSync(join(folder, 'node_modules', 'dten', 'dist', 'web', asset))).toBe(true);
  }
  run(folder, dten, 'init', 'first');
  expect(run(folder, dten, 'validate', 'first')).toMatch(/first is valid/);
  expect(run(folder, dten, 'rehearse', 'first', '--dry-run')).toMatch(/seed/);

  // Typed exports: a consumer's scenario type-checks against the installed package.
  writeFileSync(
    join(folder, 'use.mjs'),
    "import { defineScenario, loadScenario, exitCodes } from 'dten'; if (exitCodes.noGo !== 1 || !loadScenario || !defineScenario) process.exit(1);",
  );
  run(folder, process.execPath, 'use.mjs');
}, 240_000);
