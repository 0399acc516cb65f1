import type { SqlStatement } from '../model/plan.js';
import { unwrap, type ParsedStatement } from './grammar.js';

type Body = Record<string, unknown>;

/** Whether a list of options names one of these, and does not turn it off. */
export function hasOption(body: Body, list: 'params' | 'options', names: readonly string[]): boolean {
  const options = Array.isArray(body[list]) ? (body[list] as unknown[]) : [];
  return options.some((option) => {
    const element = unwrap(option)?.body;
    return typeof element?.defname === 'string' && names.includes(element.defname) && !isOff(element.arg);
  });
}

/** `WITH (connect = false)`: the option is there, and says no. */
function isOff(arg: unknown): boolean {
  const value = unwrap(arg)?.body;
  if (!value) return false;
  if (value.boolval === false || value.ival === 0) return true;
  return typeof value.sval === 'string' && /^(false|off|0|no)$/i.test(value.sval);
}

function detachesConcurrently(body: Body): boolean {
  const commands = Array.isArray(body.cmds) ? (body.cmds as unknown[]) : [];
  return commands.some((command) => unwrap(unwrap(command)?.body.def)?.body.concurrent === true);
}

/**
 * Statements that Postgres refuses inside a transaction block whenever they run as written: the callers of
 * PreventInTransactionBlock in PostgreSQL 18 (tcop/utility.c, commands/*). What depends on the catalog
 * (REINDEX of a partitioned table, a procedure that commits) is found when it runs, by SQLSTATE 25001 or 2D000.
 */
export function isTransactional({ node, body }: Pick<ParsedStatement, 'node' | 'body'>): boolean {
  switch (node) {
    case 'IndexStmt':
    case 'DropStmt':
      return body.concurrent !== true;
    case 'ReindexStmt':
      return (
        !hasOption(body, 'params', ['concurrently']) &&
        !['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'].includes(
          String(body.kind),
        )
      );
    case 'VacuumStmt':
      return body.is_vacuumcmd !== true;
    case 'ClusterStmt':
      return body.relation !== undefined;
    case 'AlterTableStmt':
      return !detachesConcurrently(body);
    case 'AlterDatabaseStmt':
      return !hasOption(body, 'options', ['tablespace']);
    case 'CreateSubscriptionStmt':
      return !createsSlot(body);
    case 'AlterSubscriptionStmt':
      return body.kind !== 'ALTER_SUBSCRIPTION_REFRESH';
    case 'DiscardStmt':
      return body.target !== 'DISCARD_ALL';
    case 'TransactionStmt':
      return !['TRANS_STMT_COMMIT_PREPARED', 'TRANS_STMT_ROLLBACK_PREPARED'].includes(String(body.kind));
    case 'CreatedbStmt':
    case 'DropdbStmt':
    case 'CreateTableSpaceStmt':
    case 'DropTableSpaceStmt':
    case 'AlterSystemStmt':
    case 'DropSubscriptionStmt':
      return false;
    default:
      return true;
  }
}

/** create_slot and connect are on by default; either turned off makes no slot. */
function createsSlot(body: Body): boolean {
  const options = Array.isArray(body.options) ? (body.options as unknown[]) : [];
  return !options.some((option) => {
    const element = unwrap(option)?.body;
    return ['create_slot', 'connect'].includes(String(element?.defname)) && isOff(element?.arg);
  });
}

/** Whether a statement opens or closes the file's own transaction block. Savepoints do neither. */
export function kindOf({ node, body }: Pick<ParsedStatement, 'node' | 'body'>): SqlStatement['kind'] {
  if (node !== 'TransactionStmt') return 'other';
  switch (body.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return 'begin';
    // PREPARE TRANSACTION ends the session's transaction too; its locks stay, and the trace shows that.
    case 'TRANS_STMT_COMMIT':
    case 'TRANS_STMT_PREPARE':
      return 'commit';
    case 'TRANS_STMT_ROLLBACK':
      return 'rollback';
    default:
      return 'other';
  }
}
