import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DtenError, codeOf, messageOf } from '../foundation/errors.js';
import { exitCodes } from '../foundation/exit-codes.js';
import { auditSchema } from '../model/ledger.js';
import {
  healthSampleSchema,
  lockWaitSchema,
  serverSampleSchema,
  stampedEventSchema,
  traceReportSchema,
  trafficSecondSchema,
} from '../model/observation.js';
import { stateLineSchema, type StateLine } from '../model/residue.js';
import {
  manifestSchema,
  resultFiles,
  resultSchema,
  type Manifest,
  type ResultJson,
  type ResultView,
} from '../model/result.js';
import { degradedOf } from '../model/restore-spans.js';
import { crossCheck } from './cross-check.js';
import { mergeTrafficSeconds } from './merge-traffic.js';
import { readLatencyLog } from './read-latency-log.js';
import { describeIssue, readNdjson, readNdjsonIfThere } from './read-lines.js';
import { gapsOf, phasesOf, stepsOf } from './rebuild-timeline.js';
import { readRollbackTrials } from './rollback-files.js';
import { sealCheck } from './seal-check.js';

const knownSchema = 'dten.result/1';

/**
 * Opens a result folder, complete or cut short. What could not be read is in `damage`, with its file and line.
 * Throws a DtenError (exit 2) for a folder that is no result, or one of a schema that this version does not know.
 */
export async function readResult(dir: string): Promise<ResultView> {
  const damage: string[] = [];
  const onDamage = (where: string) => damage.push(where);
  const result = await readSealed(dir, onDamage);
  const manifest = result ?? (await readManifest(dir));
  const endpoints = Object.keys(manifest.plan.scenario.traffic.endpoints);
  const file = (name: keyof typeof resultFiles) => join(dir, resultFiles[name]);

  const events = await readNdjson(file('events'), stampedEventSchema, onDamage);
  const seconds = mergeTrafficSeconds(await readNdjson(file('traffic'), trafficSecondSchema, onDamage));
  const series = await readLatencyLog(file('latency'), endpoints, onDamage);
  const lockWaits = await readNdjson(file('lockWaits'), lockWaitSchema, onDamage);
  const server = await readNdjson(file('server'), serverSampleSchema, onDamage);
  const health = await readNdjson(file('health'), healthSampleSchema, onDamage);
  const audits = await readNdjsonIfThere(file('audits'), auditSchema, onDamage);
  const state = await readStateLines(file('state'), onDamage);
  const rollbackTrials = await readRollbackTrials(dir, onDamage);
  damage.push(...crossCheck(endpoints, seconds, series));
  if (result) damage.push(...sealCheck(result, { endpoints, seconds, series, lockWaits, events }));

  const lastSecond = Math.max(lastSecondOf(seconds), lastSecondOf(health));
  const lastSeenUs = lastSecond >= 0 ? (lastSecond + 1) * 1_000_000 : (events.at(-1)?.atUs ?? 0);
  return {
    manifest: headOf(manifest),
    plan: manifest.plan,
    endpoints,
    complete: result !== undefined,
    ended: result?.ended ?? 'interrupted',
    ...(result?.endReason !== undefined && { endReason: result.endReason }),
    fingerprint: result?.fingerprint ?? null,
    phases: result?.phases ?? phasesOf(events, lastSeenUs),
    steps: result?.steps ?? stepsOf(manifest.plan, events, lastSeenUs),
    gaps: gapsOf(events, lastSeenUs),
    audits,
    events,
    series,
    seconds,
    lockWaits,
    lockCoverage: result?.lockCoverage ?? null,
    server,
    health,
    trace: result?.trace ?? (await readTrace(dir, onDamage)),
    state,
    residue: result?.residue ?? null,
    ...(rollbackTrials && { rollbackTrials }),
    degraded: result?.degraded ?? degradedOf(events),
    teardownFailures: result?.teardownFailures ?? [],
    damage,
  };
}

/** A result of before probes were there has no such file: nothing of it is lost. */
async function readStateLines(path: string, onDamage: (where: string) => void): Promise<StateLine[]> {
  const found = await access(path).then(
    () => true,
    () => false,
  );
  return found ? readNdjson(path, stateLineSchema, onDamage) : [];
}

function lastSecondOf(rows: readonly { second: number }[]): number {
  return rows.reduce((last, { second }) => Math.max(last, second), -1);
}

function headOf({ schema, id, scenario, startedAt, zeroEpochUs, plan, revision }: Manifest): Manifest {
  return { schema, id, scenario, startedAt, zeroEpochUs, plan, ...(revision !== undefined && { revision }) };
}

async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, resultFiles.manifest);
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR';
    throw new DtenError(
      'not-a-result',
      missing ? `${dir} is not a result: it has no ${resultFiles.manifest}` : `${path}: ${messageOf(error)}`,
      {
        hint: 'Name a folder that a rehearsal wrote, such as results/<scenario>/<start>-<id>.',
        exitCode: exitCodes.badInput,
        cause: error,
      },
    );
  }
  refuseUnknownSchema(path, document);
  const parsed = manifestSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new DtenError('damaged-result', `${path}: ${describeIssue(parsed.error)}`, {
    hint: 'Without its manifest a result cannot be read: restore the file from a backup, or rehearse again.',
    exitCode: exitCodes.badInput,
  });
}

/** result.json, if the run got as far; a damaged one is told, and the rest of the folder is read without it. */
async function readSealed(dir: string, onDamage: (where: string) => void): Promise<ResultJson | undefined> {
  const path = join(dir, resultFiles.result);
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') {
      onDamage(`${basename(path)}:1: ${messageOf(error)}`);
    }
    return undefined;
  }
  refuseUnknownSchema(path, document);
  const parsed = resultSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  onDamage(`${basename(path)}:1: ${describeIssue(parsed.error)}`);
  return undefined;
}

function refuseUnknownSchema(path: string, document: unknown): void {
  const schema =
    typeof document === 'object' && document !== null && 'schema' in document ? document.schema : undefined;
  if (schema === knownSchema) return;
  const named = typeof schema === 'string' ? `schema ${JSON.stringify(schema)}` : 'no schema';
  throw new DtenError('unknown-result-schema', `${path} has ${named}; this dten reads "${knownSchema}"`, {
    hint: 'Open it with the version of dten that wrote it (fingerprint.dten in result.json), or upgrade dten.',
    exitCode: exitCodes.badInput,
  });
}

async function readTrace(dir: string, onDamage: (where: string) => void): Promise<ResultView['trace']> {
  const none = { statements: [], added: { columns: [], constraints: [], enumLabels: [] }, tables: {} };
  try {
    const parsed = traceReportSchema.safeParse(
      JSON.parse(await readFile(join(dir, resultFiles.trace), 'utf8')),
    );
    if (parsed.success) return parsed.data;
    onDamage(`${resultFiles.trace}:1: ${describeIssue(parsed.error)}`);
    return { state: 'failed', reason: `${resultFiles.trace} is damaged`, ...none };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      return { state: 'failed', reason: 'the run ended before the statement trace was written', ...none };
    }
    onDamage(`${resultFiles.trace}:1: ${messageOf(error)}`);
    return { state: 'failed', reason: `${resultFiles.trace} could not be read`, ...none };
  }
}
