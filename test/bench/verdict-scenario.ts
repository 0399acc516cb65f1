import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScenarioInput } from '../../src/model/scenario.js';
import { hazardSchema } from '../integration/steps/hazard-table.js';
import {
  rowsOfT,
  usualStartBeforeMs,
  type CaseStep,
  type Endpoint,
  type VerdictCase,
} from './verdict-cases.js';

export type Side = 'unsafe' | 'safe';

/** Cases that one rehearsal runs, one after another, each on tables, endpoints and connections of its own. */
export interface Group {
  side: Side;
  cases: readonly VerdictCase[];
}

/** Of each endpoint with weight 1: what the machine bears with room to spare. */
const ratePerSecond = { unsafe: 12, safe: 8 };
const connectionsEach = 2;
/** A collision lasts so long from the start of its step. */
const holdMs = 1_000;
/** An endpoint needs so many from the upgrade on for its errors and its latency to be judged, with room for chance. */
const judgedRequests = 140;
/** What the limit allows is less than what the holder makes an unsafe statement's queue last, and more than a twin's lock_timeout. */
const objectives: ScenarioInput['objectives'] = {
  locks: { longestWait: '500ms' },
  errors: { ratio: '1%', over: '3s' },
  latency: { p99: '4s', over: '3s' },
  ledger: {},
};
/** In production every table is as large as what was rehearsed is small. */
const productionRows = 500_000_000;
const tables = ['t', 'p', 'part', 'part_1', 'part_default', 'part_new'];

/** About how long a group takes, ms: what comes before and after its steps, and they. */
export function estimateMs({ side, cases }: Group): number {
  const goesBack = cases.some(({ before }) => before !== undefined);
  const stepsMs = cases.length * (goesBack ? 2 : 1) * 1_400;
  return (
    15_000 +
    Math.max(stepsMs + 3_000, (1000 * judgedRequests) / ratePerSecond[side]) +
    (goesBack ? 12_000 : 0)
  );
}

/** Writes a group's scenario with its SQL files into a folder of its own, and returns the folder. */
export function writeScenario({ side, cases }: Group, seed: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'dten-verdicts-'));
  mkdirSync(join(folder, 'sql'));
  const files = new Map<string, string>();
  const file = (name: string, sql: string) => {
    const path = `sql/${name}.sql`;
    files.set(path, sql);
    return path;
  };
  const upgrade: ScenarioInput['upgrade']['steps'] = [];
  const rollback: ScenarioInput['upgrade']['steps'] = [];
  const background: NonNullable<ScenarioInput['background']> = {};
  const endpoints: Record<string, Endpoint> = {};
  const data: NonNullable<ScenarioInput['environment']['data']> = [];

  for (const [at, one] of cases.entries()) {
    const schema = schemaOf(at);
    const named = (text: string) => text.replaceAll('@', schema);
    const step = (name: string, { sql, transaction, retried }: CaseStep, from: string) => ({
      name,
      sql: file(from, `set search_path = ${schema};\n${named(sql)}\n`),
      transaction,
      ...(retried && { retries: 30, retryDelay: '100ms' }),
    });
    const more = `insert into t select g, 1 + g % 100, 'n' || g, 'x', g, now(), 1 from generate_series(1001, ${rowsOfT}) g;`;
    data.push({
      sql: file(
        `${schema}.data`,
        `set search_path = ${schema};\n${hazardSchema}\n${more}\n${named(one.setup)}`,
      ),
    });
    const steps = side === 'unsafe' ? (one.unsafe ?? []) : one.safe;
    const [target, where] = one.side === 'upgrade' ? [upgrade, 'upgrade'] : [rollback, 'rollback'];
    if (one.before) upgrade.push(step(one.name, one.before, `${schema}.before`));
    const names = steps.map((_, index) =>
      index === steps.length - 1 ? one.name : `${one.name}, part ${index + 1}`,
    );
    for (const [index, sql] of steps.entries()) {
      target.push(step(names[index] ?? one.name, sql, `${schema}.${index}`));
    }
    const collide = (id: string, startBeforeMs: number) => ({
      step: id,
      startBefore: `${startBeforeMs}ms`,
      holdFor: `${startBeforeMs + holdMs}ms`,
    });
    background[`job of ${one.name}`] = {
      ...one.job,
      ...(one.job.sql !== undefined && { sql: named(one.job.sql) }),
      collide: [
        ...names.map((name) => collide(`${where}.${name}`, one.startBeforeMs)),
        ...(one.before ? [collide(`upgrade.${one.name}`, usualStartBeforeMs)] : []),
      ],
    };
    for (const [name, endpoint] of Object.entries(one.traffic[side])) {
      endpoints[`${one.name}: ${name}`] = JSON.parse(named(JSON.stringify(endpoint))) as Endpoint;
    }
  }
  const weight = Object.values(endpoints).reduce((sum, one) => sum + (one.weight ?? 1), 0);
  const scenario: ScenarioInput = {
    name: `verdicts-${side}`,
    seed,
    production: {
      tables: Object.fromEntries(
        cases.flatMap((_, at) =>
          tables.map((table) => [`${schemaOf(at)}.${table}`, { rows: productionRows }]),
        ),
      ),
    },
    environment: {
      database: {
        settings: { max_connections: 400 },
        roles: { app: {}, migrator: { owns: ['public', ...cases.map((_, at) => schemaOf(at))] } },
      },
      data,
    },
    traffic: {
      rate: `${weight * ratePerSecond[side]}/s`,
      connections: weight * connectionsEach,
      timeout: '10s',
      endpoints,
    },
    background,
    timeline: {
      warmup: '1s',
      baseline: '3s',
      soak: '1s',
      // Not the soak: after a step that fails there is none.
      recovery: `${recoverySeconds(side, upgrade.length + rollback.length)}s`,
    },
    upgrade: { steps: upgrade },
    // Hazards that came to stand on the way back leave the upgrade in place.
    rollback: {
      steps: rollback,
      fromEachStep: false,
      again: cases.every(({ before }) => before !== undefined),
    },
    objectives,
    waivers: cases.every(({ before }) => before === undefined)
      ? [{ finding: 'rollback-not-exercised', reason: 'what stands on the way back takes nothing back here' }]
      : [],
  };
  for (const [path, sql] of files) writeFileSync(join(folder, path), sql);
  // JSON is YAML.
  writeFileSync(join(folder, 'scenario.yaml'), JSON.stringify(scenario, null, 2));
  return folder;
}

function recoverySeconds(side: Side, steps: number): number {
  const spentMs = steps * (usualStartBeforeMs + holdMs);
  return Math.max(3, Math.ceil(judgedRequests / ratePerSecond[side] - spentMs / 1000));
}

/** The schema of the group's case with that index. */
export function schemaOf(at: number): string {
  return `h${at + 1}`;
}
