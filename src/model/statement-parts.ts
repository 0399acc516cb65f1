import { z } from 'zod';

/**
 * What Postgres's grammar found in a statement, cut from the user's own text: what a remedy is made of. Names and
 * expressions are SQL as it was written, quotes included. Persisted in the statement trace, so that an old result is
 * explained by a pure function of its files.
 */
const columnPartsSchema = z.object({
  name: z.string(),
  type: z.string(),
  /** `default now()`, `not null`, `references p (id)`, each with its own CONSTRAINT name. */
  constraints: z.array(
    z.object({
      kind: z.enum([
        'not null',
        'default',
        'identity',
        'stored',
        'virtual',
        'check',
        'unique',
        'key',
        'foreign key',
        'other',
      ]),
      text: z.string(),
      /** Of a default: a constant, or now() and its like, which are worked out once. */
      constant: z.boolean().optional(),
    }),
  ),
});
export type ColumnParts = z.infer<typeof columnPartsSchema>;

const constraintPartsSchema = z.object({
  kind: z.enum(['check', 'foreign key', 'unique', 'primary key', 'not null', 'exclusion', 'other']),
  name: z.string().optional(),
  /** Behind its name: `check (qty > 0)`. */
  definition: z.string(),
  columns: z.array(z.string()),
  /** Of a foreign key. */
  references: z.string().optional(),
  notValid: z.boolean(),
  usingIndex: z.string().optional(),
});
export type ConstraintParts = z.infer<typeof constraintPartsSchema>;

export const alterActionSchema = z.object({
  /** The parser's subtype without its `AT_`: `AddColumn`, `SetNotNull`, … */
  kind: z.string(),
  text: z.string(),
  column: z.string().optional(),
  adds: columnPartsSchema.optional(),
  constraint: constraintPartsSchema.optional(),
  /** Of ALTER COLUMN TYPE. */
  type: z.string().optional(),
  using: z.string().optional(),
  partition: z.object({ name: z.string(), concurrently: z.boolean() }).optional(),
});
export type AlterAction = z.infer<typeof alterActionSchema>;

export const statementPartsSchema = z.object({
  /** The parser's node: `AlterTableStmt`, … */
  node: z.string(),
  /** The table it is about, as written: `sales."Orders"`. */
  table: z.string().optional(),
  actions: z.array(alterActionSchema).optional(),
  index: z
    .object({
      name: z.string().optional(),
      unique: z.boolean(),
      concurrently: z.boolean(),
      ifNotExists: z.boolean(),
      /** The statement with CONCURRENTLY in its place. */
      concurrentText: z.string(),
    })
    .optional(),
  drops: z
    .object({
      kind: z.string(),
      names: z.array(z.string()),
      concurrently: z.boolean(),
      cascades: z.boolean(),
    })
    .optional(),
  reindexes: z
    .object({
      kind: z.string(),
      name: z.string().optional(),
      concurrently: z.boolean(),
      concurrentText: z.string().optional(),
    })
    .optional(),
  /** UPDATE and DELETE without a WITH: everything but the WHERE, then its condition. */
  rows: z
    .object({
      verb: z.enum(['update', 'delete']),
      head: z.string(),
      alias: z.string(),
      where: z.string().optional(),
    })
    .optional(),
  /** CREATE TABLE … PARTITION OF. */
  partitionOf: z.object({ parent: z.string(), bound: z.string() }).optional(),
  /** Set at session level, not LOCAL: `lock_timeout`. */
  sets: z.string().optional(),
  /** Columns renamed by RENAME COLUMN. */
  renames: z.object({ from: z.string(), to: z.string() }).optional(),
  /** Columns of the table's primary key, as the catalog of the clone had them, quoted where they need it. */
  key: z.array(z.string()).optional(),
  /** Of a partition that the statement made or attached, as the catalog of the clone had it afterwards. */
  partition: z.object({ constraint: z.string(), default: z.string().optional() }).optional(),
});
export type StatementParts = z.infer<typeof statementPartsSchema>;
