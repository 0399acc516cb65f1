import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../foundation/errors.js';
import { parseRatio } from '../foundation/units.js';
import {
  InputError,
  findResults,
  gitCommitOf,
  isSameFolder,
  parseGate,
  revisionOf,
  type GateFlag,
  type InputProblem,
  type RunVariance,
} from '../index.js';
import { runVarianceSchema } from '../model/comparison.js';

export interface ComparisonFlags {
  paths: readonly string[];
  /** What stood behind --; undefined: there was none. */
  after: readonly string[] | undefined;
  baseline?: string;
  gate: readonly string[];
  margin: string;
  detect: string;
  aa?: string;
  seed: string;
}

export interface ComparisonInput {
  baseline: string[];
  candidate: string[];
  gates: GateFlag[];
  margin: number;
  detect: number;
  variance: RunVariance | undefined;
  seed: number;
}

const usage = 'dten compare BASELINE… -- CANDIDATE…, or dten compare --baseline main CANDIDATE…';

/** @throws InputError with everything that is wrong. */
export async function readComparisonInput(flags: ComparisonFlags): Promise<ComparisonInput> {
  const problems: InputProblem[] = [];
  const ratio = (name: 'margin' | 'detect'): number => {
    const value = parseRatio(flags[name]);
    if (value !== undefined && value > 0) return value;
    problems.push({
      file: `--${name}`,
      message: `expected a share such as 10%, got ${JSON.stringify(flags[name])}`,
    });
    return 0;
  };
  const [margin, detect] = [ratio('margin'), ratio('detect')];
  const seed = /^\d+$/.test(flags.seed) ? Number(flags.seed) : Number.NaN;
  if (Number.isNaN(seed))
    problems.push({ file: '--seed', message: `expected a whole number, got ${JSON.stringify(flags.seed)}` });
  const gates = flags.gate.flatMap((text) => {
    const gate = parseGate(text);
    if (gate) return [gate];
    problems.push({
      file: '--gate',
      message: `expected [endpoint:]percentile[@phase], got ${JSON.stringify(text)}`,
      hint: 'for example p99, "create order:p99.9" or "read *:p50@soak"; phases are baseline, soak, recovery',
    });
    return [];
  });
  const variance = flags.aa === undefined ? undefined : await readVariance(flags.aa, problems);
  const sides = await readSides(flags, problems);
  if (problems.length > 0) throw new InputError(problems);
  return { ...sides, gates, margin, detect, variance, seed };
}

async function readSides(
  flags: ComparisonFlags,
  problems: InputProblem[],
): Promise<Pick<ComparisonInput, 'baseline' | 'candidate'>> {
  const named = sidesNamed(flags);
  if (!named) {
    problems.push({
      file: 'dten compare',
      message: 'which results are the baseline, which the candidate?',
      hint: usage,
    });
    return { baseline: [], candidate: [] };
  }
  const candidate = await resultsOf(named.candidate, problems);
  const baseline =
    flags.baseline === undefined
      ? await resultsOf(named.baseline, problems)
      : await ofRevision(flags.baseline, named.baseline, candidate, problems);
  for (const dir of candidate.filter((one) => baseline.some((other) => isSameFolder(one, other)))) {
    problems.push({
      file: dir,
      message: 'is on both sides',
      hint: 'a result compared with itself is always equal',
    });
  }
  return { baseline, candidate };
}

/** With --baseline, what stands before -- is where to look for it. */
function sidesNamed({
  paths,
  after,
  baseline,
}: ComparisonFlags): Record<'baseline' | 'candidate', readonly string[]> | undefined {
  if (after !== undefined) {
    const given = after.length > 0 && (paths.length > 0 || baseline !== undefined);
    return given ? { baseline: paths, candidate: after } : undefined;
  }
  if (baseline !== undefined) return paths.length > 0 ? { baseline: [], candidate: paths } : undefined;
  const [first, second] = paths;
  if (paths.length !== 2 || first === undefined || second === undefined) return undefined;
  return { baseline: [first], candidate: [second] };
}

async function resultsOf(paths: readonly string[], problems: InputProblem[]): Promise<string[]> {
  const all: string[] = [];
  for (const path of paths) {
    const found = await findResults(path);
    if (found.length === 0) {
      problems.push({
        file: path,
        message: 'holds no result (no manifest.json there or below)',
        hint: 'name a result folder, or a folder of results such as results/orders',
      });
    }
    all.push(...found.filter((one) => !all.some((known) => isSameFolder(known, one))));
  }
  return all;
}

/** Results of a clean checkout of a revision, in the given folders or beside the candidates. */
async function ofRevision(
  name: string,
  where: readonly string[],
  candidate: readonly string[],
  problems: InputProblem[],
): Promise<string[]> {
  const folders = where.length > 0 ? where : [...new Set(candidate.map((dir) => dirname(dir)))];
  const around = (await Promise.all(folders.map(findResults))).flat();
  const others = around.filter((dir) => !candidate.some((one) => isSameFolder(one, dir)));
  const commit = await gitCommitOf(process.cwd(), name);
  const seen = new Set<string>();
  const matching: string[] = [];
  for (const dir of others) {
    const revision = await revisionOf(dir);
    if (!revision) continue;
    seen.add(
      `${revision.commit.slice(0, 10)}${revision.branch === null ? '' : ` (${revision.branch})`}${revision.dirty === false ? '' : ' dirty'}`,
    );
    const short = /^[0-9a-f]{7,40}$/.test(name) && revision.commit.startsWith(name);
    const is = commit === undefined ? short || revision.branch === name : revision.commit === commit;
    if (is && revision.dirty === false) matching.push(dir);
  }
  if (matching.length === 0) {
    const told = commit === undefined ? name : `${name} (${commit.slice(0, 10)})`;
    const known =
      seen.size === 0
        ? 'none of the results there says its revision'
        : `there are ${[...seen].slice(0, 8).join(', ')}`;
    problems.push({
      file: '--baseline',
      message: `no result of a clean checkout of ${told} in ${folders.join(', ') || 'any folder'}`,
      hint: `${known}; rehearse at that revision, or name its results: ${usage}`,
    });
  }
  return matching;
}

async function readVariance(path: string, problems: InputProblem[]): Promise<RunVariance | undefined> {
  try {
    return runVarianceSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    problems.push({
      file: path,
      message: `is no A/A variance file: ${messageOf(error).split('\n')[0] ?? ''}`,
      hint: 'DTEN_BENCH_AA=40 npm run bench -- compare writes one',
    });
    return undefined;
  }
}
