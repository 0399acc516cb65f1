import { describeStatement } from '../sql/describe.js';
import { parseSql, unwrap } from '../sql/grammar.js';
import type { SqlStatement } from '../model/plan.js';

/**
 * ALTER TABLE actions whose lock is weaker than AccessExclusive (Postgres 18, AlterTableGetLockLevel in
 * tablecmds.c); foreign keys apart, which are constraints by another field.
 */
const gentleActions = new Set([
  'AT_ValidateConstraint',
  'AT_SetStatistics',
  'AT_SetOptions',
  'AT_ResetOptions',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_AttachPartition',
  'AT_EnableTrig',
  'AT_EnableAlwaysTrig',
  'AT_EnableReplicaTrig',
  'AT_EnableTrigAll',
  'AT_EnableTrigUser',
  'AT_DisableTrig',
  'AT_DisableTrigAll',
  'AT_DisableTrigUser',
]);

const exclusiveDrops = new Set([
  'OBJECT_TABLE',
  'OBJECT_INDEX',
  'OBJECT_MATVIEW',
  'OBJECT_VIEW',
  'OBJECT_TRIGGER',
  'OBJECT_POLICY',
  'OBJECT_RULE',
]);

type Body = Record<string, unknown>;

/** What a statement looks like from its text alone: the trace finds out, this only warns beforehand. */
export interface StatementLook {
  statement: SqlStatement;
  /** Looks as if it takes AccessExclusiveLock on something that was there before. */
  exclusive: boolean;
  relations: string[];
  addsColumns: string[];
  createsTables: string[];
  /** Sets lock_timeout itself. */
  setsLockTimeout: boolean;
  changesSchema: boolean;
}

export async function lookAt(statement: SqlStatement): Promise<StatementLook> {
  const described = await describeStatement(statement.text);
  const parsed = await parseSql(statement.text);
  const first = Array.isArray(parsed) ? parsed[0] : undefined;
  const body: Body = first?.body ?? {};
  return {
    statement,
    exclusive: isExclusive(statement.node, body, statement.transactional),
    relations: described.relations,
    addsColumns: described.addsColumns,
    createsTables: described.createsTables,
    setsLockTimeout: statement.node === 'VariableSetStmt' && body.name === 'lock_timeout',
    changesSchema: /^(Alter|Create|Drop|Rename|Index|Reindex|Truncate|Cluster)/.test(statement.node),
  };
}

function isExclusive(node: string, body: Body, transactional: boolean): boolean {
  switch (node) {
    case 'AlterTableStmt':
      return actionsOf(body).some(isExclusiveAction);
    case 'DropStmt':
      return body.concurrent !== true && exclusiveDrops.has(String(body.removeType));
    case 'RenameStmt':
      return ['OBJECT_TABLE', 'OBJECT_COLUMN', 'OBJECT_TABCONSTRAINT', 'OBJECT_VIEW'].includes(
        String(body.renameType),
      );
    case 'TruncateStmt':
      return true;
    case 'ClusterStmt':
      return body.relation !== undefined;
    case 'ReindexStmt':
      // CONCURRENTLY and whole schemas refuse a transaction block.
      return transactional;
    case 'VacuumStmt':
      return JSON.stringify(body.options ?? []).includes('"full"');
    case 'RefreshMatViewStmt':
      return body.concurrent !== true;
    case 'CreateStmt':
      return body.partbound !== undefined;
    case 'LockStmt':
      return body.mode === 8;
    default:
      return false;
  }
}

function actionsOf(body: Body): Body[] {
  const commands = Array.isArray(body.cmds) ? (body.cmds as unknown[]) : [];
  return commands.map((command) => unwrap(command)?.body ?? {});
}

function isExclusiveAction(action: Body): boolean {
  const subtype = String(action.subtype);
  if (gentleActions.has(subtype)) return false;
  const definition = unwrap(action.def)?.body;
  // Adding a foreign key takes ShareRowExclusive; DETACH … CONCURRENTLY ShareUpdateExclusive.
  if (subtype === 'AT_AddConstraint') return definition?.contype !== 'CONSTR_FOREIGN';
  if (subtype === 'AT_DetachPartition') return definition?.concurrent !== true;
  return true;
}
