import { describe, expect, it } from 'vitest';
import type { Catalog } from '../../../src/steps/catalog-snapshot.js';
import { scansOf } from '../../../src/steps/debug-messages.js';
import { databaseFailure } from '../../../src/steps/failure.js';
import { isCoveredBy } from '../../../src/steps/lock-modes.js';

describe('isCoveredBy', () => {
  it.each([
    ['AccessShareLock', 'AccessExclusiveLock', true],
    ['ShareRowExclusiveLock', 'AccessExclusiveLock', true],
    ['RowExclusiveLock', 'ShareRowExclusiveLock', true],
    ['ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', true],
    // Each of these two keeps out something that the other lets in.
    ['ShareUpdateExclusiveLock', 'ShareLock', false],
    ['ShareLock', 'ShareUpdateExclusiveLock', false],
    ['RowExclusiveLock', 'ShareLock', false],
    ['AccessExclusiveLock', 'AccessShareLock', false],
    ['ShareLock', 'ShareLock', false],
  ])('%s by %s: %s', (mode, stronger, covered) => {
    expect(isCoveredBy(mode, stronger)).toBe(covered);
  });
});

describe('scansOf', () => {
  const catalog: Catalog = {
    relations: new Map(),
    invalidIndexes: new Set(),
    unvalidatedConstraints: new Set(),
    foreignKeys: new Map([['fk', ['other', 'sales.orders']]]),
  };

  it('reads the server’s debug messages, each scan once, and puts the schema to the name', () => {
    expect(
      scansOf(
        [
          'rewriting table "orders"',
          'building index "pg_toast_16400_index" on table "pg_toast_16400" serially',
          'building index "orders_pkey" on table "orders" serially',
          'building index "orders_x" on table "orders" with request for 1 parallel workers',
          'verifying table "odd "name"',
          'validating foreign key constraint "fk"',
          'StartTransaction(1) name: unnamed',
        ],
        ['sales.orders'],
        catalog,
      ),
    ).toEqual([
      { kind: 'rewrite', relation: 'sales.orders' },
      { kind: 'build index', relation: 'sales.orders' },
      { kind: 'verify', relation: 'odd "name' },
      { kind: 'validate foreign key', relation: 'sales.orders' },
    ]);
  });
});

describe('databaseFailure', () => {
  const pgError = (code: string, message = 'x') => Object.assign(new Error(message), { code });

  it.each([
    ['55P03', 'canceling statement due to lock timeout', true],
    ['40P01', 'deadlock detected', true],
    ['40001', 'could not serialize access', true],
    ['57014', 'canceling statement due to statement timeout', true],
    ['57014', 'canceling statement due to user request', false],
    ['57P01', 'terminating connection due to administrator command', true],
    ['08006', 'connection failure', true],
    ['42P07', 'relation exists', false],
    ['23505', 'duplicate key', false],
  ])('%s %s: retryable %s', (code, message, retryable) => {
    expect(databaseFailure(pgError(code, message), true)).toMatchObject({ code, sqlState: code, retryable });
  });

  it('a lost connection is tried again only where nothing can have been committed', () => {
    for (const error of [
      pgError('EPIPE'),
      pgError('ECONNRESET'),
      new Error('Connection terminated unexpectedly'),
    ]) {
      expect(databaseFailure(error, false)).toMatchObject({ retryable: true });
      expect(databaseFailure(error, true)).toMatchObject({ retryable: false });
      expect(databaseFailure(error, true)).not.toHaveProperty('sqlState');
    }
  });
});
