import type { DocumentPath, Problem } from '../document.js';
import { tokensOf } from '../../sql/grammar.js';
import type { CheckInput } from './check.js';
import { findPlaces } from './find-places.js';
import { isSqlFile, splitInline } from './inline-sql.js';

interface Query {
  path: DocumentPath;
  text: string;
  /** Prepared statements, pools and checks are one statement each. */
  single: boolean;
  values?: number;
}

/** SQL that traffic, pools, background jobs and checks send: it parses, and its parameters are all given. */
export async function checkQueries({ scenario }: CheckInput): Promise<Problem[]> {
  const queries: Query[] = [];
  for (const [name, { sql }] of Object.entries(scenario.traffic.pools)) {
    queries.push({ path: ['traffic', 'pools', name, 'sql'], text: sql, single: true });
  }
  for (const [name, endpoint] of Object.entries(scenario.traffic.endpoints)) {
    const path = ['traffic', 'endpoints', name];
    const forms = [
      { at: path, sql: endpoint.sql },
      ...endpoint.variants.map(({ sql }, index) => ({ at: [...path, 'variants', index], sql })),
    ];
    for (const { at, sql } of forms) {
      if (sql)
        queries.push({
          path: [...at, 'sql', 'text'],
          text: sql.text,
          single: true,
          values: sql.values.length,
        });
    }
  }
  for (const { path, find } of findPlaces(scenario)) {
    if (typeof find === 'string') queries.push({ path, text: find, single: true, values: 1 });
  }
  for (const [name, { sql }] of Object.entries(scenario.ledger?.invariants ?? {})) {
    queries.push({ path: ['ledger', 'invariants', name, 'sql'], text: sql, single: true });
  }
  for (const [name, { sql }] of Object.entries(scenario.background)) {
    if (sql !== undefined) queries.push({ path: ['background', name, 'sql'], text: sql, single: false });
  }
  for (const side of ['upgrade', 'rollback'] as const) {
    for (const [index, step] of scenario[side].steps.entries()) {
      if ('check' in step)
        queries.push({ path: [side, 'steps', index, 'check', 'sql'], text: step.check.sql, single: true });
    }
  }
  return (await Promise.all(queries.map(checkQuery))).flat();
}

async function checkQuery({ path, text, single, values }: Query): Promise<Problem[]> {
  if (isSqlFile(text)) {
    return [
      {
        path,
        message: 'expected SQL, got the name of a file',
        hint: 'only sql steps and data read files; write the statement here',
      },
    ];
  }
  const { statements, problems } = await splitInline(path, text);
  if (problems.length > 0) return problems;
  if (statements.length === 0)
    return [{ path, message: 'expected SQL, got none', hint: 'for example select 1' }];
  if (single && statements.length > 1) {
    return [
      {
        path,
        message: `expected one statement, got ${statements.length}`,
        hint: 'each request or check sends one',
      },
    ];
  }
  return values === undefined ? [] : checkParameters(path, text, values);
}

async function checkParameters(path: DocumentPath, text: string, values: number): Promise<Problem[]> {
  const tokens = (await tokensOf(text)) ?? [];
  const numbers = tokens.flatMap((token) => {
    const match = /^\$(\d+)$/.exec(token.text);
    return match ? [Number(match[1])] : [];
  });
  const highest = Math.max(0, ...numbers);
  if (highest === values) return [];
  return [
    {
      path,
      message: `the statement has parameters up to $${highest}, and values has ${values}`,
      hint: 'values: one for each of $1, $2, …',
    },
  ];
}
