import { stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { RunPlan, SourcePath } from '../index.js';

/**
 * Names the plan's files relative to the repository that dten runs in (else to the working directory). A result
 * that was written elsewhere names them by that machine's paths: where the end of such a path, with its folder, is
 * a file of this repository, it is that file.
 */
export async function sourcePaths(plan: RunPlan): Promise<SourcePath> {
  const root = await repositoryAround(process.cwd());
  const steps = [...plan.upgrade, ...plan.rollback, ...(plan.cleanup ?? [])];
  const files = new Set([plan.scenarioFile, ...steps.flatMap(({ source }) => source?.file ?? [])]);
  const names = new Map<string, string>();
  for (const file of files) names.set(file, await nameOf(file, root));
  return (file) => names.get(file) ?? file;
}

async function nameOf(file: string, root: string): Promise<string> {
  const inside = relative(root, file);
  if (!inside.startsWith('..')) return inside.split(sep).join('/');
  const segments = file.split(/[\\/]/).filter((segment) => segment !== '');
  for (let from = 0; from < segments.length - 1; from++) {
    const end = segments.slice(from);
    if (await exists(join(root, ...end))) return end.join('/');
  }
  return file;
}

async function repositoryAround(folder: string): Promise<string> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (await exists(join(at, '.git'))) return at;
    if (dirname(at) === at) return resolve(folder);
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
