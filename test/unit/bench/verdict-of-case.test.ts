import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/model/verdict.js';
import type { VerdictCase } from '../../bench/verdict-cases.js';
import { groupsOf } from '../../bench/verdict-groups.js';
import { verdictsOf } from '../../bench/verdict-of-case.js';

const step = { sql: 'select 1', transaction: 'statement' as const, retried: false };
const named = (name: string, more: Partial<VerdictCase> = {}): VerdictCase => ({
  name,
  side: 'upgrade',
  setup: '',
  before: undefined,
  unsafe: [step],
  fails: false,
  safe: [step],
  job: { sql: 'select 1' },
  startBeforeMs: 300,
  traffic: { unsafe: {}, safe: {} },
  ...more,
});
const cases = [named('1 ADD'), named('19 ADD UNIQUE'), named('19 ADD UNIQUE USING INDEX')];

function finding(weight: Finding['weight'], where: Finding['where'], more: Partial<Finding> = {}): Finding {
  return { rule: 'lock-wait', weight, what: 'waited', where, remedy: 'none', ...more };
}

function told(side: 'unsafe' | 'safe', ...findings: Finding[]) {
  return verdictsOf({ side, cases }, { findings }).map(({ verdict }) => verdict);
}

describe('the verdict of one case among several', () => {
  it('is of the findings about its endpoints, its tables and its steps', () => {
    expect(told('unsafe', finding('NO-GO', { endpoint: '1 ADD: read t' }))).toEqual(['NO-GO', 'GO', 'GO']);
    expect(told('unsafe', finding('NO-GO', { table: 'h2.t' }))).toEqual(['GO', 'NO-GO', 'GO']);
    expect(told('unsafe', finding('NO-GO', { step: 'upgrade.19 ADD UNIQUE USING INDEX' }))).toEqual([
      'GO',
      'GO',
      'NO-GO',
    ]);
    expect(told('unsafe', finding('NO-GO', { step: 'rollback.1 ADD, part 1' }))).toEqual([
      'NO-GO',
      'GO',
      'GO',
    ]);
  });

  it('believes the endpoint before the step that was under way', () => {
    const where = { endpoint: '19 ADD UNIQUE: write t', step: 'upgrade.1 ADD' };
    expect(told('unsafe', finding('NO-GO', where))).toEqual(['GO', 'NO-GO', 'GO']);
  });

  it('counts what is about nobody against every twin, and catches no unsafe case by it', () => {
    expect(told('safe', finding('NO-GO', {}))).toEqual(['NO-GO', 'NO-GO', 'NO-GO']);
    expect(told('unsafe', finding('NO-GO', {}))).toEqual(['GO', 'GO', 'GO']);
    expect(told('unsafe', finding('INVALID', { phase: 'upgrade' }))).toEqual([
      'INVALID',
      'INVALID',
      'INVALID',
    ]);
  });

  it('puts NO-GO before INVALID, and neither a note nor what is waived against GO', () => {
    const own = { step: 'upgrade.1 ADD' };
    expect(told('safe', finding('INVALID', own), finding('NO-GO', own))).toEqual(['NO-GO', 'GO', 'GO']);
    const waived = finding('NO-GO', own, { waived: { reason: 'not of interest here' } });
    expect(told('safe', finding('note', own), waived)).toEqual(['GO', 'GO', 'GO']);
  });
});

describe('the rehearsals of one rerun', () => {
  const all = [
    ...Array.from({ length: 20 }, (_, at) => named(`go ${at}`)),
    ...['fail 1', 'fail 2', 'fail 3'].map((name) => named(name, { fails: 'loaded' })),
    named('fails alone', { fails: 'traced' }),
    named('harmless', { unsafe: undefined }),
    named('back fails', { side: 'rollback', before: step, fails: 'loaded' }),
    named('back', { side: 'rollback', before: step }),
  ];
  const groups = groupsOf(all);
  const unsafe = groups.filter(({ side }) => side === 'unsafe');

  it('end each side with at most one case that fails', () => {
    for (const { cases: of } of unsafe) {
      for (const side of ['upgrade', 'rollback'] as const) {
        const here = of.filter((one) => one.side === side);
        expect(here.slice(0, -1).filter(({ fails }) => fails)).toEqual([]);
      }
    }
    expect(unsafe.find(({ cases: of }) => of.some(({ fails }) => fails === 'traced'))?.cases).toHaveLength(1);
  });

  it('hold every case once on each of its sides', () => {
    const names = (of: readonly VerdictCase[]) => of.map(({ name }) => name).sort();
    const safe = groups.filter(({ side }) => side === 'safe').flatMap((group) => group.cases);
    expect(names(safe)).toEqual(names(all));
    expect(names(unsafe.flatMap((group) => group.cases))).toEqual(names(all.filter((one) => one.unsafe)));
  });
});
