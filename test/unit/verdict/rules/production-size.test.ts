import { describe, expect, it } from 'vitest';
import { extrapolation } from '../../../../src/verdict/rules/extrapolation.js';
import { toySize } from '../../../../src/verdict/rules/toy-size.js';
import {
  buildView,
  lock,
  party,
  ran,
  s,
  sqlStep,
  statementEvents,
  traced,
  transactionEvent,
  wait,
  type Planting,
} from '../build-view.js';
import { judgeRule } from '../judge-rule.js';

const text = 'ALTER TABLE orders ALTER COLUMN status SET NOT NULL';
const step = sqlStep('upgrade', 'not null', [text]);
const scan = traced(step, 0, {
  locks: [lock('orders', 'AccessExclusiveLock')],
  scans: [{ kind: 'verify', relation: 'orders' }],
});
/** Rehearsed: 100 MB, 1 M rows. */
const production = (size: string) => ({ tables: { orders: { size } } });

function planted(ms: number, more: Planting = {}) {
  return buildView({
    objectives: { locks: { longestWait: '5s' } },
    upgrade: [step],
    steps: [ran(step, 23 * s, 25 * s)],
    statements: [scan],
    events: statementEvents(step, 0, 23 * s, 23 * s + ms * 1000),
    ...more,
  });
}

describe('toy-size', () => {
  it('is NO-GO where a scan under a lock has no production size', () => {
    const { findings } = judgeRule(toySize, planted(250));
    expect(findings).toMatchObject([
      { weight: 'NO-GO', where: { step: step.id, table: 'orders' }, measured: 250 },
    ]);
    expect(findings[0]?.what).toContain(
      'at 1 000 000 rows, 100 MB; how large orders is in production is not declared',
    );
    expect(findings[0]?.remedy).toContain('production: { tables: { orders:');
  });

  it('passes where it is declared, or nothing was scanned, or no traffic is blocked', () => {
    expect(judgeRule(toySize, planted(250, { production: production('210GB') })).findings).toEqual([]);
    const brief = traced(step, 0, { locks: [lock('orders', 'AccessExclusiveLock')] });
    expect(judgeRule(toySize, planted(250, { statements: [brief] })).findings).toEqual([]);
    const weak = traced(step, 0, { ...scan, locks: [lock('orders', 'ShareUpdateExclusiveLock')] });
    expect(judgeRule(toySize, planted(250, { statements: [weak] })).findings).toEqual([]);
    const untouched = traced(step, 0, {
      locks: [lock('settings', 'AccessExclusiveLock')],
      scans: [{ kind: 'verify', relation: 'settings' }],
    });
    expect(judgeRule(toySize, planted(250, { statements: [untouched] })).findings).toEqual([]);
  });

  it('is NO-GO on an empty table, whatever is declared', () => {
    const view = planted(1, { production: production('210GB') });
    view.trace.tables.orders = { bytes: 16_384, rows: 0 };
    const { findings } = judgeRule(toySize, view);
    expect(findings[0]?.what).toContain('on an empty orders');
    expect(findings[0]?.remedy).toContain('rehearse with rows in orders');
  });

  it('sees an index build under ShareLock', () => {
    const index = traced(step, 0, {
      statement: 'CREATE INDEX i ON orders (status)',
      locks: [
        lock('orders', 'ShareLock'),
        lock('i', 'AccessExclusiveLock', { relkind: 'i', created: true, table: 'orders' }),
      ],
      scans: [{ kind: 'build index', relation: 'orders' }],
    });
    expect(judgeRule(toySize, planted(250, { statements: [index] })).findings).toHaveLength(1);
  });

  it('leaves alone what the same transaction made', () => {
    const made = traced(step, 0, {
      locks: [
        lock('refunds', 'AccessExclusiveLock', { created: true }),
        lock('orders', 'ShareRowExclusiveLock'),
      ],
      scans: [{ kind: 'validate foreign key', relation: 'refunds' }],
    });
    expect(judgeRule(toySize, planted(250, { statements: [made] })).findings).toEqual([]);
  });

  it('says what it could not see of a failed trace', () => {
    const view = planted(1);
    view.trace = { ...view.trace, state: 'failed', statements: [] };
    expect(judgeRule(toySize, view).unjudged).toHaveLength(1);
  });
});

describe('extrapolation', () => {
  it('judges hold × production ÷ rehearsed, labelled', () => {
    // 240 ms × 20 = 4.8 s; × 21 = 5.04 s.
    const at = judgeRule(extrapolation, planted(240, { production: production('2000MB') }));
    expect(at.findings).toEqual([]);
    expect(at.summary).toContain('longest, extrapolated: 4.8 s of 5 s (locks.longestWait)');
    const { findings } = judgeRule(extrapolation, planted(240, { production: production('2100MB') }));
    expect(findings).toMatchObject([{ weight: 'NO-GO', extrapolated: true, limit: 5000, unit: 'ms' }]);
    expect(findings[0]?.measured).toBeCloseTo(5040, 3);
    expect(findings[0]?.what).toMatch(/^extrapolated: .*rehearsed 240 ms .*production is 21 times that/);
  });

  it('falls back to rows, to window.downtime, and to the tightest latency limit', () => {
    const rows = { tables: { orders: { rows: 500_000_000 } } };
    expect(judgeRule(extrapolation, planted(240, { production: rows })).findings[0]?.measured).toBeCloseTo(
      120_000,
      2,
    );
    const downtime = planted(240, { production: rows, objectives: { window: { downtime: '200s' } } });
    expect(judgeRule(extrapolation, downtime).findings).toEqual([]);
    const latency = planted(240, { production: rows, objectives: { latency: { p99: '250ms' } } });
    expect(judgeRule(extrapolation, latency).findings[0]?.limit).toBe(250);
    expect(judgeRule(extrapolation, planted(240, { objectives: {} })).state).toBe('not asked');
  });

  it('lengthens a lock by the later scans of its transaction, each at its own factor', () => {
    const two = sqlStep('upgrade', 'not null', ['ALTER TABLE orders ADD COLUMN a int', text], 'file');
    const view = planted(0, {
      upgrade: [two],
      production: production('1000MB'),
      statements: [
        traced(two, 0, { locks: [lock('orders', 'AccessExclusiveLock')] }),
        traced(two, 1, { scans: [{ kind: 'verify', relation: 'orders' }] }),
      ],
      events: [
        ...statementEvents(two, 0, 23 * s, 23 * s + 100_000, { alone: false }),
        ...statementEvents(two, 1, 23 * s + 100_000, 23 * s + 900_000, { alone: false }),
        transactionEvent(two, 0, 1, 24 * s),
      ],
    });
    // Held 1000 ms, of which the scan took 800: 1000 + 800 × 9.
    expect(judgeRule(extrapolation, view).findings).toMatchObject([{ measured: 8200 }]);
  });

  it('lengthens a lock by a backfill in its transaction, not by a write of few rows', () => {
    const planted3 = (texts: [string, string], node: string, rows: number) => {
      const two = sqlStep('upgrade', 'fill', texts, 'file');
      two.source!.statements[1]!.node = node;
      return planted(0, {
        upgrade: [two],
        production: production('1000MB'),
        statements: [
          traced(two, 0, { locks: [lock('orders', 'AccessExclusiveLock')] }),
          traced(two, 1, { locks: [lock('orders', 'RowExclusiveLock')], rows }),
        ],
        events: [
          ...statementEvents(two, 0, 23 * s, 23 * s + 100_000, { alone: false }),
          ...statementEvents(two, 1, 23 * s + 100_000, 23 * s + 900_000, { alone: false }),
          transactionEvent(two, 0, 1, 24 * s),
        ],
      });
    };
    const texts: [string, string] = ['ALTER TABLE orders ADD COLUMN a int', 'UPDATE orders SET a = 1'];
    const filled = judgeRule(extrapolation, planted3(texts, 'UpdateStmt', 1_000_000));
    expect(filled.findings).toMatchObject([{ weight: 'NO-GO', measured: 8200 }]);
    expect(filled.findings[0]?.why).toContain('update of orders');
    // A share of 0.9%, fewer rows than 1 000 of whatever table, and statements that write none.
    expect(judgeRule(extrapolation, planted3(texts, 'UpdateStmt', 9_000)).findings).toEqual([]);
    expect(judgeRule(extrapolation, planted3(texts, 'UpdateStmt', 999)).findings).toEqual([]);
    expect(judgeRule(extrapolation, planted3(texts, 'AlterTableStmt', 1_000_000)).findings).toEqual([]);
  });

  describe('of a backfill that locks rows only', () => {
    const update = 'UPDATE orders SET a = 1';
    const pay = { pay: { sql: { text: 'update orders set paid = true where id = $1', values: [1] } } };
    const filled = (
      more: Planting & {
        text?: string;
        rows?: number;
        repeat?: boolean;
        node?: string;
        locks?: string[];
      } = {},
    ) => {
      const {
        text: sql = update,
        rows = 1_000_000,
        repeat,
        node = 'UpdateStmt',
        locks = ['RowExclusiveLock'],
      } = more;
      const fill = sqlStep('upgrade', 'fill', [sql]);
      fill.source!.statements[0]!.node = node;
      if (repeat) Object.assign(fill, { repeat: { untilRows: 0, pause: 0, max: 10 } });
      return judgeRule(
        extrapolation,
        planted(0, {
          upgrade: [fill],
          steps: [ran(fill, 23 * s, 25 * s)],
          endpoints: pay,
          production: production('1000MB'),
          statements: [traced(fill, 0, { locks: locks.map((mode) => lock('orders', mode)), rows })],
          events: statementEvents(fill, 0, 23 * s, 23 * s + 900_000),
          ...more,
        }),
      );
    };

    it('is NO-GO where traffic changes rows of the table too', () => {
      // 900 ms × 10.
      const { findings } = filled();
      expect(findings).toMatchObject([{ weight: 'NO-GO', measured: 9000, extrapolated: true }]);
      expect(findings[0]?.what).toContain('would hold row locks on orders for 9 s at production size');
      expect(findings[0]?.why).toContain('update of orders');
      expect(findings[0]?.remedy).toContain('in batches');
    });

    it('where nobody says what is written: an HTTP endpoint that may, or a wait that was seen', () => {
      const post = { pay: { request: { method: 'POST' as const, path: '/pay' } } };
      expect(filled({ endpoints: post }).findings).toHaveLength(1);
      const elsewhere = { pay: { ...post.pay, tables: ['items'] } };
      expect(filled({ endpoints: elsewhere }).findings).toEqual([]);
      const stuck = wait(party('service', 'shop', 5), [party('upgrade', 'fill', 900)], 23 * s, 500, {
        lockType: 'transactionid',
        relation: 'public.orders',
      });
      expect(filled({ endpoints: elsewhere, lockWaits: [stuck] }).findings).toHaveLength(1);
      const job = { tidy: { sql: 'delete from orders where id < 5', every: '1s' } };
      expect(filled({ endpoints: elsewhere, background: job }).findings).toHaveLength(1);
    });

    it('passes where traffic only reads the table or adds to it', () => {
      const read = { read: { sql: { text: 'select * from orders where id = $1', values: [1] } } };
      expect(filled({ endpoints: read }).findings).toEqual([]);
      const add = { add: { sql: { text: 'insert into orders values ($1)', values: [1] } } };
      expect(filled({ endpoints: add }).findings).toEqual([]);
      const upsert = 'insert into orders values ($1) on conflict (id) do update set n = 1';
      expect(filled({ endpoints: { add: { sql: { text: upsert, values: [1] } } } }).findings).toHaveLength(1);
    });

    it('passes in batches, of few rows, and of an insert', () => {
      expect(filled({ repeat: true }).findings).toEqual([]);
      const batch = `${update} WHERE id IN (SELECT id FROM orders WHERE a IS NULL LIMIT 500000)`;
      expect(filled({ text: batch }).findings).toEqual([]);
      expect(filled({ rows: 99_999 }).findings).toEqual([]);
      expect(filled({ rows: 100_000 }).findings).toHaveLength(1);
      expect(filled({ text: 'INSERT INTO orders SELECT * FROM old', node: 'InsertStmt' }).findings).toEqual(
        [],
      );
    });

    it('is told once where a stronger lock keeps the table anyway', () => {
      const { findings } = filled({ locks: ['RowExclusiveLock', 'AccessExclusiveLock'] });
      expect(findings).toHaveLength(1);
      expect(findings[0]?.what).toContain('would hold AccessExclusiveLock on orders');
    });

    it('is NO-GO where the size of production is not declared', () => {
      const fill = sqlStep('upgrade', 'fill', [update]);
      fill.source!.statements[0]!.node = 'UpdateStmt';
      const locks = [lock('orders', 'RowExclusiveLock')];
      const view = planted(0, {
        upgrade: [fill],
        endpoints: pay,
        statements: [traced(fill, 0, { locks, rows: 1_000_000 })],
        events: statementEvents(fill, 0, 23 * s, 23 * s + 900_000),
      });
      const { findings } = judgeRule(toySize, view);
      expect(findings[0]?.what).toContain('kept row locks on orders for 900 ms at 1 000 000 rows');
    });
  });
});
