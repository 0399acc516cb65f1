import { createRequire } from 'node:module';
import { execa } from 'execa';
import { z } from 'zod';
import { messageOf } from '../foundation/errors.js';
import type { LinterRun, LintHint } from '../model/hazard.js';
import type { PlannedStep } from '../model/plan.js';

/** A linter reads text: what takes it longer is stuck. */
const timeoutMs = 10_000;

const reportSchema = z.array(
  z.object({
    line: z.number(),
    message: z.string(),
    help: z.string().nullish(),
    rule_name: z.string(),
  }),
);

export interface LintedSteps {
  run: LinterRun;
  hints(step: string, index: number): LintHint[];
}

/**
 * squawk's rules on the SQL of every sql step (a `.squawk.toml` beside the scenario counts). A child process with a
 * deadline each; where its binary is not installed, that is said, and nothing else happens.
 */
export async function lintSteps(
  steps: readonly PlannedStep[],
  options: { baseDir: string; serverVersion: number; signal: AbortSignal },
): Promise<LintedSteps> {
  const found = new Map<string, LintHint[]>();
  const hints = (step: string, index: number) => found.get(`${step} ${index}`) ?? [];
  const squawk = locate();
  if ('absent' in squawk) return { run: { linter: 'squawk', state: 'absent', reason: squawk.absent }, hints };
  const { version } = squawk;
  for (const step of steps) {
    const statements = step.source?.statements ?? [];
    if (statements.length === 0) continue;
    const { text, indexAt } = joined(statements);
    try {
      for (const { line, message, help, rule_name: rule } of await lint(squawk.binary, text, step, options)) {
        const key = `${step.id} ${indexAt(line)}`;
        const hint: LintHint = { linter: 'squawk', rule, message, ...(help ? { help } : {}) };
        found.set(key, [...(found.get(key) ?? []), hint]);
      }
    } catch (error) {
      const reason = `${step.id}: ${messageOf(error).split('\n')[0] ?? ''}`;
      return { run: { linter: 'squawk', version, state: 'failed', reason }, hints };
    }
  }
  return { run: { linter: 'squawk', version, state: 'ran' }, hints };
}

/** The package's own module knows which optional platform package holds the binary. */
function locate(): { binary: string; version: string } | { absent: string } {
  try {
    const require = createRequire(import.meta.url);
    const { getBinaryPath } = require('squawk-cli/js/index.js') as { getBinaryPath: () => string };
    const { version } = require('squawk-cli/package.json') as { version: string };
    return { binary: getBinaryPath(), version };
  } catch (error) {
    return { absent: messageOf(error).split('\n')[0] ?? 'not installed' };
  }
}

/** One statement after another, and which one begins at or before a line (from 0). */
function joined(statements: readonly { index: number; text: string }[]) {
  const starts: { index: number; line: number }[] = [];
  let line = 0;
  const texts = statements.map(({ index, text }) => {
    starts.push({ index, line });
    line += text.split('\n').length;
    return `${text.replace(/;\s*$/, '')};`;
  });
  return {
    text: texts.join('\n'),
    indexAt: (at: number) => starts.findLast((start) => start.line <= at)?.index ?? 0,
  };
}

async function lint(
  binary: string,
  text: string,
  step: PlannedStep,
  { baseDir, serverVersion, signal }: { baseDir: string; serverVersion: number; signal: AbortSignal },
) {
  const version = `${Math.floor(serverVersion / 10_000)}.${serverVersion % 10_000}`;
  const wrapped = step.source?.transaction === 'file' ? ['--assume-in-transaction'] : [];
  const ended = await execa(binary, ['--reporter', 'json', '--pg-version', version, ...wrapped], {
    cwd: baseDir,
    input: text,
    timeout: timeoutMs,
    cancelSignal: signal,
    reject: false,
  });
  // It exits with 1 when it found something.
  if (ended.exitCode !== 0 && ended.exitCode !== 1) throw new Error(ended.shortMessage ?? 'squawk ended');
  return reportSchema.parse(JSON.parse(ended.stdout === '' ? '[]' : ended.stdout));
}
