import type { FindSpec, Scenario } from '../../model/scenario.js';
import { JsonPathError, compilePath } from '../../template/json-path.js';
import { compileRequestSource } from '../../template/request-source.js';
import { TemplateError } from '../../template/template.js';
import { parseSql } from '../../sql/grammar.js';
import { outputColumns } from '../../sql/output-columns.js';
import type { DocumentPath, Problem } from '../document.js';
import type { Endpoint } from '../names.js';
import { suggest } from '../../foundation/nearest-name.js';
import type { CheckInput } from './check.js';
import { rowPathProblem } from './row-path.js';
import { findPlaces, type FindPlace } from './find-places.js';

type Ledger = NonNullable<Endpoint['ledger']>;

/** The ledger: what endpoints write, and how it is found again. */
export async function checkLedger({ scenario }: CheckInput): Promise<Problem[]> {
  const places = findPlaces(scenario);
  const problems: Problem[] = [];
  for (const [name, endpoint] of Object.entries(scenario.traffic.endpoints)) {
    if (!endpoint.ledger) continue;
    const path = ['traffic', 'endpoints', name, 'ledger'];
    problems.push(...checkSources(path, endpoint, endpoint.ledger));
    problems.push(...checkOperation(path, endpoint, endpoint.ledger));
    problems.push(...checkEntity(path, scenario, endpoint.ledger, places));
    problems.push(...(await checkColumns(path, scenario, endpoint.ledger, places)));
  }
  for (const place of places) problems.push(...checkOneFind(place, places));
  problems.push(...checkEntities(scenario));
  for (const [index, discard] of scenario.rollback.discards.entries()) {
    if (/^[^.]+(\.[^.]+){0,2}$/.test(discard)) continue;
    problems.push({
      path: ['rollback', 'discards', index],
      message: `${JSON.stringify(discard)} is no table and no column`,
      hint: 'for example orders.status, or audit_log',
    });
  }
  return problems;
}

function checkSources(path: DocumentPath, { sql }: Endpoint, { key, values }: Ledger): Problem[] {
  const sources = [
    { at: [...path, 'key'], source: key },
    ...Object.entries(values).map(([column, source]) => ({ at: [...path, 'values', column], source })),
  ];
  return sources.flatMap(({ at, source }): Problem[] => {
    try {
      compileRequestSource(source);
      const problem = sql !== undefined && typeof source === 'string' ? rowPathProblem(source) : undefined;
      return problem ? [{ path: at, ...problem }] : [];
    } catch (error) {
      if (error instanceof JsonPathError) return [{ path: at, message: error.message, hint: error.hint }];
      if (!(error instanceof TemplateError)) throw error;
      const { offset, message, hint } = error;
      return [{ path: at, target: { offset }, message: `template: ${message}`, hint }];
    }
  });
}

function checkOperation(path: DocumentPath, endpoint: Endpoint, ledger: Ledger): Problem[] {
  const problems: Problem[] = [];
  if (ledger.op === 'delete' && Object.keys(ledger.values).length > 0) {
    problems.push({
      path: [...path, 'values'],
      target: 'key',
      message: 'a delete leaves no values',
      hint: 'remove it',
    });
  }
  if (typeof ledger.key !== 'string' || !/^\$[.[]|\$\{/.test(ledger.key)) {
    problems.push({
      path: [...path, 'key'],
      message: `every write would have the key ${JSON.stringify(ledger.key)}`,
      hint: 'read it from the answer ($.id) or the request (${request.id}, ${request.path.2}, ${request.values.1})',
    });
  }
  if (endpoint.sql && endpoint.expect.rows === undefined) {
    problems.push({
      path,
      target: 'key',
      message: 'a statement that touches no row would count as acknowledged',
      hint: 'say how many it must touch: expect: { rows: 1 }',
    });
  }
  return problems;
}

function checkEntity(
  path: DocumentPath,
  scenario: Scenario,
  { entity }: Ledger,
  places: readonly FindPlace[],
): Problem[] {
  if (places.some((place) => place.entity === entity)) return [];
  const declared = Object.keys(scenario.ledger?.entities ?? {});
  const known = [...new Set([...declared, ...places.map((place) => place.entity)])];
  const hint = `find: select id, … from … where id = any($1), here or under ledger.entities.${entity}`;
  if (declared.includes(entity) || known.length === 0) {
    return [{ path, target: 'key', message: `nothing says how to find ${entity} again`, hint }];
  }
  return [
    {
      path: [...path, 'entity'],
      message: `there is no entity ${JSON.stringify(entity)}, and no find`,
      hint: `${suggest(entity, known, 'entities')}; a new one needs ${hint}`,
    },
  ];
}

/** The columns of values, and the key's, are among those that find returns. */
async function checkColumns(
  path: DocumentPath,
  scenario: Scenario,
  { entity, values }: Ledger,
  places: readonly FindPlace[],
): Promise<Problem[]> {
  const find = places.find((place) => place.entity === entity)?.find;
  const columns = typeof find === 'string' ? await columnsOf(find) : undefined;
  if (!columns) return [];
  const key = scenario.ledger?.entities[entity]?.key ?? 'id';
  const problems: Problem[] = Object.keys(values)
    .filter((column) => !columns.includes(column))
    .map((column) => ({
      path: [...path, 'values', column],
      target: 'key',
      message: `find of ${entity} returns no column ${JSON.stringify(column)}`,
      hint: `${suggest(column, columns, 'columns')}; or add it to find`,
    }));
  if (!columns.includes(key)) {
    problems.push({
      path: [...path, 'entity'],
      message: `find of ${entity} does not return its key, ${JSON.stringify(key)}`,
      hint: `add it to find, or say which column is the key: ledger: { entities: { ${entity}: { key: ${columns[0] ?? 'id'} } } }`,
    });
  }
  return problems;
}

async function columnsOf(find: string): Promise<string[] | undefined> {
  const parsed = await parseSql(find);
  const [statement] = Array.isArray(parsed) ? parsed : [];
  return statement && outputColumns(statement);
}

/** Each entity is found one way; HTTP finds have a place for the key. */
function checkOneFind(place: FindPlace, places: readonly FindPlace[]): Problem[] {
  const problems: Problem[] = [];
  const first = places.find(({ entity }) => entity === place.entity);
  if (first && first !== place && JSON.stringify(first.find) !== JSON.stringify(place.find)) {
    problems.push({
      path: place.path,
      message: `${place.entity} is found another way elsewhere`,
      hint: 'say once how an entity is found: at one endpoint, or under ledger.entities',
    });
  }
  if (typeof place.find !== 'string') problems.push(...checkHttpFind(place.path, place.find));
  return problems;
}

function checkHttpFind(path: DocumentPath, find: Exclude<FindSpec, string>): Problem[] {
  const problems: Problem[] = [];
  if (!find.http.startsWith('/') || !find.http.includes('${key}')) {
    problems.push({
      path: [...path, 'http'],
      message: `${JSON.stringify(find.http)} is no path with a place for the key`,
      hint: 'for example /orders/${key}',
    });
  }
  try {
    compilePath(find.json);
  } catch (error) {
    if (!(error instanceof JsonPathError)) throw error;
    problems.push({ path: [...path, 'json'], message: error.message, hint: error.hint });
  }
  return problems;
}

/** Entities that nobody writes, and parents that are none. */
function checkEntities(scenario: Scenario): Problem[] {
  const ledgers = Object.values(scenario.traffic.endpoints).flatMap(({ ledger }) => ledger ?? []);
  const written = [...new Set(ledgers.map(({ entity }) => entity))];
  return Object.entries(scenario.ledger?.entities ?? {}).flatMap(([name, { cascade }]): Problem[] => {
    const path = ['ledger', 'entities', name];
    if (!written.includes(name)) {
      return [
        {
          path,
          target: 'key',
          message: `no endpoint writes ${JSON.stringify(name)}`,
          hint: suggest(name, written, 'entities that endpoints write'),
        },
      ];
    }
    if (!cascade) return [];
    const problems: Problem[] = [];
    if (!written.includes(cascade.from)) {
      problems.push({
        path: [...path, 'cascade', 'from'],
        message: `no endpoint writes ${JSON.stringify(cascade.from)}`,
        hint: suggest(cascade.from, written, 'entities'),
      });
    }
    const columns = ledgers
      .filter(({ entity }) => entity === name)
      .flatMap(({ values }) => Object.keys(values));
    if (!columns.includes(cascade.by)) {
      problems.push({
        path: [...path, 'cascade', 'by'],
        message: `no endpoint says the ${cascade.by} of ${name}`,
        hint: suggest(cascade.by, columns, 'columns in values'),
      });
    }
    return problems;
  });
}
