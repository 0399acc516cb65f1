import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { InputError, type InputProblem } from '../../../src/foundation/errors.js';
import { loadScenario } from '../../../src/scenario/load-scenario.js';

export const fixtures = fileURLToPath(new URL('../../fixtures/scenarios/', import.meta.url));

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function tempFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dten-scenario-'));
  folders.push(folder);
  return folder;
}

/** The fixture `shop` with one text replaced by another; every replacement must find its text. */
export async function shopWith(...replacements: [from: string, to: string][]): Promise<string> {
  const folder = await tempFolder();
  await cp(join(fixtures, 'shop'), folder, { recursive: true });
  const file = join(folder, 'scenario.yaml');
  let yaml = await readFile(file, 'utf8');
  for (const [from, to] of replacements) {
    if (!yaml.includes(from)) throw new Error(`the fixture has no ${JSON.stringify(from)}`);
    yaml = yaml.replace(from, () => to);
  }
  await writeFile(file, yaml);
  return folder;
}

/** What loading a scenario finds wrong; empty if it loads. Anything but an InputError is thrown on. */
export async function problemsOf(path: string): Promise<readonly InputProblem[]> {
  try {
    await loadScenario(path);
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems;
    throw error;
  }
}
