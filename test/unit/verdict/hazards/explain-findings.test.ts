import { describe, expect, it } from 'vitest';
import { judge } from '../../../../src/verdict/judge.js';
import { judgeHints } from '../../../../src/verdict/hazards/judge-hints.js';
import { statementParts } from '../../../../src/sql/parts/statement-parts.js';
import { buildView, lock, party, ran, s, sqlStep, statementEvents, traced, wait } from '../build-view.js';

const text = 'create index i on orders (status)';
const step = sqlStep('upgrade', 'index', [text]);
const squawk = (rule: string, message = 'm') => ({ linter: 'squawk' as const, rule, message });

async function planted(more: { root?: ReturnType<typeof party>; hints?: ReturnType<typeof squawk>[] } = {}) {
  const parts = (await statementParts(text))!;
  const migrator = party('upgrade', 'upgrade.index', 900, text);
  const ahead = more.root ? [migrator, more.root] : [migrator];
  return buildView({
    objectives: { locks: { longestWait: '500ms' } },
    upgrade: [step],
    steps: [ran(step, 23 * s, 27 * s)],
    events: statementEvents(step, 0, 23 * s, 27 * s),
    statements: [
      traced(step, 0, {
        parts,
        locks: [lock('orders', 'ShareLock')],
        scans: [{ kind: 'build index', relation: 'orders' }],
        ...(more.hints && { hints: more.hints }),
      }),
    ],
    lockWaits: [
      wait(party('service', 'shop', 10, 'insert into orders'), ahead, 23.1 * s, 3_000, {
        mode: 'RowExclusiveLock',
      }),
    ],
  });
}

describe('a finding about a lock', () => {
  it('says which hazard it is, with the remedy and the twin made from the statement', async () => {
    const { findings } = judge(await planted());
    const found = findings.find(({ rule }) => rule === 'lock-wait');
    expect(found?.hazard).toMatchObject({ number: 14, name: 'CREATE INDEX' });
    expect(found?.remedy).toContain('CREATE INDEX CONCURRENTLY');
    expect(found?.twin).toBe('create index CONCURRENTLY i on orders (status);');
  });

  it('is the queue’s where somebody older stood in front of the statement', async () => {
    const { findings } = judge(await planted({ root: party('background', 'report', 5, 'select count(*)') }));
    const found = findings.find(({ rule }) => rule === 'lock-wait');
    expect(found?.hazard).toMatchObject({ number: 20 });
    expect(found?.hazard?.explanation).toContain('background report');
  });

  it('keeps its words where the trace is older than the hazards', async () => {
    const view = await planted();
    view.trace.statements = view.trace.statements.map((one) => ({ ...one, parts: undefined }));
    const found = judge(view).findings.find(({ rule }) => rule === 'lock-wait');
    expect(found?.hazard).toBeUndefined();
    expect(found?.remedy).toContain('lockTimeout');
  });
});

describe('a linter’s hint', () => {
  const traceOf = (hint: ReturnType<typeof squawk>, more = {}) =>
    judgeHints(traced(step, 0, { hints: [hint], locks: [lock('orders', 'ShareLock')], ...more }), step);

  it('is contradicted where the trace saw no rewrite, no scan, or no such lock', () => {
    expect(traceOf(squawk('adding-field-with-default'))[0]?.contradicted).toContain('no rewrite');
    expect(
      traceOf(squawk('adding-field-with-default'), { rewrites: ['orders'] })[0]?.contradicted,
    ).toBeUndefined();
    const timeout = (lockName: string) =>
      traceOf(
        squawk(
          'require-lock-timeout',
          `Missing \`set lock_timeout\` before potentially slow ${lockName} lock operations`,
        ),
      );
    expect(timeout('SHARE')[0]?.contradicted).toBeUndefined();
    expect(timeout('ACCESS EXCLUSIVE')[0]?.contradicted).toContain(
      'no lock that strong (ShareLock on orders)',
    );
  });

  it('of a statement that failed is not contradicted, and matters of style are left out', () => {
    const failed = { outcome: { ok: false, code: '23505', message: 'no' } };
    expect(traceOf(squawk('adding-field-with-default'), failed)[0]?.contradicted).toBeUndefined();
    expect(traceOf(squawk('prefer-text-field'))).toEqual([]);
  });
});
