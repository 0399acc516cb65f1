import { InputError, type InputProblem, type PlanFlags } from '../index.js';
import { parseDurationMs, parseRatePerSecond } from '../foundation/units.js';

/** The flags that change the plan, as typed: parsed together, so that every wrong one is told at once. */
export interface PlanFlagTexts {
  seed?: string;
  rate?: string;
  warmup?: string;
  baseline?: string;
  soak?: string;
  recovery?: string;
}

const aDuration = { parse: parseDurationMs, expected: 'a duration such as 20s' };
const units: Record<
  keyof PlanFlagTexts,
  { to: Exclude<keyof PlanFlags, 'rollback'>; parse: (text: string) => number | undefined; expected: string }
> = {
  seed: {
    to: 'seed',
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
    expected: 'a whole number such as 7',
  },
  rate: { to: 'ratePerSecond', parse: parseRatePerSecond, expected: 'a rate such as 400/s' },
  warmup: { to: 'warmupMs', ...aDuration },
  baseline: { to: 'baselineMs', ...aDuration },
  soak: { to: 'soakMs', ...aDuration },
  recovery: { to: 'recoveryMs', ...aDuration },
};

/** @throws InputError with every flag that is not what it should be. */
export function readPlanFlags(texts: PlanFlagTexts): PlanFlags {
  const flags: PlanFlags = {};
  const problems: InputProblem[] = [];
  for (const name of Object.keys(units) as (keyof PlanFlagTexts)[]) {
    const text = texts[name];
    if (text === undefined) continue;
    const { to, parse, expected } = units[name];
    const value = parse(text);
    if (value !== undefined) flags[to] = value;
    else problems.push({ file: `--${name}`, message: `expected ${expected}, got ${JSON.stringify(text)}` });
  }
  if (problems.length > 0) throw new InputError(problems);
  return flags;
}
