import { readdir, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { InputError } from '../foundation/errors.js';
import { suggest } from '../foundation/nearest-name.js';

export const scenarioFileNames = [
  'scenario.yaml',
  'scenario.yml',
  'scenario.ts',
  'scenario.mts',
  'scenario.js',
  'scenario.mjs',
];
export const yamlExtensions = ['.yaml', '.yml'];
const extensions = [...yamlExtensions, '.ts', '.mts', '.js', '.mjs'];

/**
 * The absolute path of the scenario file that a path (a file, or a folder that holds one) means.
 * @throws InputError
 */
export async function findScenarioFile(path: string): Promise<string> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) {
    const parent = resolve(absolute, '..');
    const siblings = await readdir(parent).catch(() => undefined);
    const name = absolute.slice(parent.length + 1);
    throw new InputError([
      {
        file: path,
        message: 'there is no such file or folder',
        hint: siblings
          ? suggest(
              name,
              siblings.filter((s) => !s.startsWith('.')),
              `in ${parent}`,
            )
          : `${parent} does not exist either`,
      },
    ]);
  }
  if (!found.isDirectory()) {
    if (extensions.includes(extname(absolute))) return absolute;
    throw new InputError([
      { file: path, message: 'is not a scenario', hint: `scenarios end in ${extensions.join(', ')}` },
    ]);
  }
  const inside = await readdir(absolute);
  const here = scenarioFileNames.filter((name) => inside.includes(name));
  const [first] = here;
  if (first === undefined) {
    throw new InputError([
      {
        file: path,
        message: 'this folder holds no scenario',
        hint: `expected one of ${scenarioFileNames.join(', ')} in it; dten init makes one`,
      },
    ]);
  }
  if (here.length > 1) {
    throw new InputError([
      {
        file: path,
        message: `this folder holds ${here.length} scenarios: ${here.join(', ')}`,
        hint: `name the file, e.g. ${join(path, first)}`,
      },
    ]);
  }
  return join(absolute, first);
}
