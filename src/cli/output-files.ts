import { appendFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, parse } from 'node:path';
import { DtenError, InputError, type InputProblem } from '../index.js';
import { messageOf } from '../foundation/errors.js';

/** The files that a report can be written to, by flag. */
const outputFlags = ['junit', 'markdown', 'sarif', 'gitlab'] as const;
export type OutputFiles = Partial<Record<(typeof outputFlags)[number], string>>;

/**
 * Before a rehearsal of minutes, not after it: whether the files asked for can be written.
 * @throws InputError with every one that cannot.
 */
export async function checkOutputs(args: OutputFiles & { html?: string | undefined }): Promise<void> {
  const problems: InputProblem[] = [];
  for (const flag of [...outputFlags, 'html'] as const) {
    const path = args[flag];
    if (path === undefined) continue;
    if (path === '') problems.push({ file: `--${flag}`, message: 'needs the name of a file' });
    else if (await isFolder(path)) {
      problems.push({ file: `--${flag}`, message: `${path} is a folder`, hint: 'name a file in it' });
    } else if (!(await isFolder(dirname(path)))) {
      const hint = `mkdir -p ${dirname(path)}`;
      problems.push({ file: `--${flag}`, message: `there is no folder ${dirname(path)}`, hint });
    }
  }
  if (problems.length > 0) throw new InputError(problems);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** The file for the second rehearsal of a scenario that is rehearsed by steps and by snapshot. */
export function besideTwin(path: string): string {
  const { dir, name, ext } = parse(path);
  return join(dir, `${name}.snapshot${ext}`);
}

/** @throws DtenError where it cannot be written. */
export async function writeAsked(flag: string, path: string, text: string, append = false): Promise<void> {
  await (append ? appendFile : writeFile)(path, text).catch((error: unknown) => {
    throw new DtenError('output-not-written', `--${flag} ${path}: ${messageOf(error)}`, { cause: error });
  });
}
