import { z } from 'zod';
import { lostOnSnapshotSchema } from './rollback.js';
import { count, duration, name, text } from './scenario-units.js';

/** A literal, `$.path` of the answer, or a text with `${request.…}`: where a write's key or value is read. */
const source = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const httpFindSchema = z.strictObject({
  http: text.describe('path that shows the row, e.g. /orders/${key}; 404 and 410: it is not there'),
  service: name.optional().describe('default: the only service'),
  json: text.default('$').describe('path of the row, or of a list of rows, in the answer'),
});

/** How rows are found again: SQL over a batch of keys, or one HTTP request a key. */
export const findSchema = z.union([
  text.describe('SQL with the keys as $1: select id, status from orders where id = any($1)'),
  httpFindSchema,
]);

/** What an endpoint's request does to one row, so that it can be looked for after the rollback. */
export const endpointLedgerSchema = z.strictObject({
  entity: name.describe('what is written, e.g. order; entities with the same name are one'),
  op: z.enum(['create', 'update', 'delete']),
  key: source.describe(
    '$.id of the answer, ${request.id}, ${request.path.2}, ${request.json.id}, ${request.values.1}',
  ),
  values: z
    .record(name, source)
    .default({})
    .describe('column of find → what was written: ${request.json.status}, $.total, or a literal'),
  find: findSchema.optional().describe('once for an entity: here, or under ledger.entities'),
});

const entitySchema = z.strictObject({
  find: findSchema.optional(),
  role: name.optional().describe('who reads; default: the role of the traffic'),
  table: name.optional().describe('default: the table that find reads'),
  key: name.default('id').describe('the column of find that holds the key'),
  expires: duration.optional().describe('rows may be gone this long after their last write'),
  cascade: z
    .strictObject({
      from: name.describe('an entity whose delete takes these rows with it'),
      by: name.describe('the column of values that holds its key'),
    })
    .optional(),
});

const invariantSchema = z.strictObject({
  sql: text,
  role: name.optional(),
  expect: z
    .enum(['nothing', 'same'])
    .default('nothing')
    .describe('nothing: no row, ever (orphans, duplicates); same: the rows it returned before the traffic'),
});

export const ledgerSchema = z.strictObject({
  entities: z.record(name, entitySchema).default({}),
  invariants: z.record(name, invariantSchema).default({}),
});

export const ledgerObjectiveSchema = z.strictObject({
  lost: count.default(0).describe('rows and values that are gone, or back at what they were before'),
  changed: count
    .default(0)
    .describe('rows and values that are there, and not as any order of their writes leaves them'),
  lostOnSnapshot: lostOnSnapshotSchema
    .optional()
    .describe('what putting a snapshot back may lose; without it, `lost` holds for that too'),
});

export const discardsSchema = z
  .array(text)
  .default([])
  .describe('columns (orders.status) or tables (audit_log) that the rollback knowingly throws away');

export type FindSpec = z.output<typeof findSchema>;
export type EndpointLedgerSpec = z.output<typeof endpointLedgerSchema>;
export type LedgerEntitySpec = z.output<typeof entitySchema>;
export type InvariantSpec = z.output<typeof invariantSchema>;
