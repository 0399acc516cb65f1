import { existsAt, valueAt, type DocumentPath, type Problem } from './document.js';
import { checkShape } from './check-shape.js';
import { safeParse } from 'zod';
import { scenarioSchema, type Scenario } from '../model/scenario.js';
import { defOf, inputOf, schemaAt } from './schema-walk.js';

/** Each round takes away what the last one found; a document deeper in trouble than this is reported by shape alone. */
const maxRounds = 10;

/**
 * The scenario without its misshapen parts, so that what remains is checked too and every problem is reported at
 * once; undefined where too little remains. `pruned` are the paths taken away or
 * filled in: what touches them is not judged.
 */
export function pruneToShape(
  value: unknown,
  problems: readonly Problem[],
): { scenario: Scenario; pruned: DocumentPath[] } | undefined {
  const copy = copyOf(value);
  const pruned: DocumentPath[] = [];
  let current = problems;
  for (let round = 0; round < maxRounds; round++) {
    for (const { path } of current) {
      const touched = repair(copy, path);
      if (!touched) return undefined;
      pruned.push(touched);
    }
    const shape = checkShape(copy);
    if ('scenario' in shape) return { scenario: shape.scenario, pruned };
    current = shape.problems;
  }
  return undefined;
}

export function touchesPruned(path: DocumentPath, pruned: readonly DocumentPath[]): boolean {
  return pruned.some((gone) => {
    const common = Math.min(gone.length, path.length);
    return gone.slice(0, common).every((segment, i) => segment === path[i]);
  });
}

function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyOf(item)]));
}

/** Takes away what stands at the path, or fills in what is missing there; returns the path that was touched. */
function repair(root: unknown, path: DocumentPath): DocumentPath | undefined {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  if (!existsAt(root, path)) return fill(root, path, last);
  const parent = valueAt(root, path.slice(0, -1));
  if (Array.isArray(parent)) return replaceElement(root, path, parent, Number(last));
  if (typeof parent !== 'object' || parent === null) return undefined;
  Reflect.deleteProperty(parent, last);
  return path;
}

/** Taking an element out would shift the positions of those behind it: steps are stood in for, other lists go whole. */
function replaceElement(
  root: unknown,
  path: DocumentPath,
  list: unknown[],
  index: number,
): DocumentPath | undefined {
  const listPath = path.slice(0, -1);
  if (listPath.at(-1) !== 'steps') return repair(root, listPath);
  const name = valueAt(list[index], ['name']);
  list[index] = {
    ...stepStandIn,
    name: typeof name === 'string' && name !== '' ? name : `step ${index + 1}`,
  };
  return path;
}

const stepStandIn = { name: 'step', wait: 0 };
/** One of these is right for everything that the schema requires; a mapping is filled in by the next round. */
const standIns: unknown[] = ['x', 1, '1s', '1/s', true, [], ['x'], [1, 1], [stepStandIn]];

function fill(root: unknown, path: DocumentPath, last: string | number): DocumentPath | undefined {
  const parentPath = path.slice(0, -1);
  const parent = valueAt(root, parentPath);
  const schema = schemaAt(scenarioSchema, root, path);
  if (typeof parent !== 'object' || parent === null || !schema) return repair(root, parentPath);
  const isMapping = ['object', 'record'].includes(defOf(inputOf(schema)).type);
  const standIn = isMapping ? {} : standIns.find((candidate) => safeParse(schema, candidate).success);
  if (standIn === undefined) return repair(root, parentPath);
  Object.assign(parent, { [last]: standIn });
  return path;
}
