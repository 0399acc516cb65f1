import { describe, expect, it } from 'vitest';
import type { StampedEvent } from '../../../src/model/observation.js';
import type { ResultView } from '../../../src/model/result.js';
import { renderTerminal, type TerminalOptions } from '../../../src/report/terminal.js';
import { widthOf } from '../../../src/report/text-width.js';
import { lockWait, sampleTrace, sampleVerdict, tally } from '../results/sample.js';
import { stepsOf } from '../../../src/results/rebuild-timeline.js';
import { sampleView } from './sample-view.js';

const wide = { color: false, width: 160, dir: 'results/orders/20261122T101500Z-a1b2c3' };

function shown(
  view: Partial<ResultView> = {},
  verdict = sampleVerdict(),
  options: TerminalOptions = wide,
): string {
  return renderTerminal(sampleView(view), verdict, options);
}

/** The lines of a section, without its title. */
function section(text: string, title: string): string[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith(title));
  const to = lines.indexOf('', from);
  return lines.slice(from + 1, to < 0 ? undefined : to);
}

describe('the terminal report', () => {
  it('says the verdict and why in its first line, and the folder in its last', () => {
    const lines = shown().split('\n');
    expect(lines[0]).toBe(' NO-GO  create order p99 was 4.1 s in the upgrade, 16 times its limit');
    expect(lines.at(-1)).toBe('Result: results/orders/20261122T101500Z-a1b2c3');
  });

  it('names the page of a result that has one', () => {
    expect(
      shown({}, sampleVerdict(), { ...wide, page: 'results/a/report.html' })
        .split('\n')
        .at(-1),
    ).toBe('Report: results/a/report.html');
  });

  it('tells findings worst first: what, where, how bad, why, what to try', () => {
    const findings = section(shown(), 'Findings (3 findings, 1 waived)');
    const heads = findings.filter((line) => /^ {2}\S/.test(line)).map((line) => line.trim());
    expect(heads).toEqual([
      '✗ NO-GO latency: create order p99 was 4.1 s',
      '✗ NO-GO lock-wait: sessions waited behind the upgrade',
      '? INVALID send-lag: the harness was late in recovery',
      '~ waived NO-GO queue-hazard-not-exercised: no older holder existed',
      '· note not-asked-of-anyone: the service runs 2 replicas',
    ]);
    expect(findings.slice(1, 6).map((line) => line.trim())).toEqual([
      'where   create order · phase upgrade · step upgrade.add status · 00:07.0–00:17.0',
      'how bad 4.1 s against a limit of 250 ms (16 times)',
      'sql     ALTER TABLE orders ADD COLUMN status text',
      'why     48 backends waited for AccessExclusiveLock on orders',
      'try     set lockTimeout: 300ms and retries: 10',
    ]);
    expect(findings.join('\n')).toContain('waived: rehearsed last week (until 2026-12-31)');
  });

  it('tells what one statement broke under its name, and what is true of all of it once', () => {
    const where = { step: 'upgrade.backfill', statement: 'update orders set a = 1' };
    const common = { weight: 'NO-GO', remedy: 'in batches', twin: 'do it\n  in batches' } as const;
    const lock = '50 sessions waited for rows of orders; longest 5 s';
    const excess = {
      usualMs: 3,
      excessMs: 50_000,
      requests: 40,
      parts: [
        { kind: 'lock', text: lock, ms: 37_500, share: 0.75 },
        { kind: 'unexplained', text: 'unexplained', ms: 12_500, share: 0.25 },
      ],
    };
    const verdict = sampleVerdict();
    verdict.findings = [
      {
        ...common,
        rule: 'errors',
        what: 'half failed',
        where: { ...where, endpoint: 'a' },
        why: `503 ×9; ${lock}`,
      },
      {
        ...common,
        rule: 'errors',
        what: 'a third failed',
        where: { ...where, endpoint: 'b' },
        why: `503 ×4; ${lock}`,
      },
      { ...common, rule: 'latency', what: 'a slow', where, why: `${lock} (75%)`, excess },
      { ...common, rule: 'latency', what: 'b slow', where, why: `${lock} (75%)`, excess },
      { ...common, rule: 'lock-wait', what: 'waited', where, why: lock },
      { ...common, rule: 'window', what: 'down', where: {} },
    ];
    const lines = section(shown({}, verdict), 'Findings (6 findings)');
    expect(lines.map((line) => line.trimEnd())).toEqual([
      '  5 findings: step upgrade.backfill · update orders set a = 1',
      '    ✗ NO-GO errors: half failed',
      '        where   a',
      `        why     503 ×9; ${lock}`,
      '    ✗ NO-GO errors: a third failed',
      '        where   b',
      '        why     503 ×4; as above',
      '    ✗ NO-GO latency: a slow',
      `        why     ${lock} (75%)`,
      '    ✗ NO-GO latency: b slow',
      '        why     as above; of the 50 s that 40 requests lost against the usual 3 ms: lock 75%, unexplained 25%',
      '    ✗ NO-GO lock-wait: waited',
      '    try     in batches',
      '    instead do it',
      '              in batches',
      '  ✗ NO-GO window: down',
      '      try     in batches',
      '      instead as above',
    ]);
  });

  it('puts what was not rehearsed beside the verdict, also when quiet', () => {
    const verdict = sampleVerdict();
    verdict.findings.push({
      rule: 'not-rehearsed',
      weight: 'note',
      what: 'not rehearsed: no checkpoint fell into upgrade or soak',
      where: {},
      remedy: 'soak longer',
    });
    const text = renderTerminal(sampleView(), verdict, { ...wide, quiet: true });
    expect(section(text, 'Not rehearsed')).toEqual(['  - no checkpoint fell into upgrade or soak']);
    expect(text).not.toContain('Response time');
    expect(text).toContain('NO-GO latency');
  });

  it('shows response time per phase and endpoint, drops as ∞ and noted', () => {
    const lines = section(shown(), 'Response time');
    const upgrade = lines.slice(lines.findIndex((line) => line.includes('upgrade 5 s')));
    expect(upgrade[1]?.trim().split(/\s{2,}/)).toEqual([
      'create order',
      '100/s',
      '4.1 s',
      '∞',
      '–',
      '∞',
      '15 (3%)',
      '25',
    ]);
    const text = lines.join('\n');
    expect(text).toContain('create order, upgrade: 25 dropped count as ∞; without them p50 10 ms, p99 4.1 s');
    expect(text).toContain('25 × in-flight cap, 15 × 503');
    // 10 requests cannot name a p99.
    expect(upgrade[2]).toMatch(/read, 50% \| "all" or so\s+2\/s\s+2 ms\s+–\s+–\s+3 ms\s+0\s+0$/);
    expect(text).toContain('too few requests to name it');
  });

  it('shows each step with what it took, caused, and waited itself', () => {
    const lines = section(shown(), 'Steps');
    expect(
      lines
        .find((line) => line.includes('add status'))
        ?.trim()
        .split(/\s{2,}/),
    ).toEqual(['add status', 'sql', '4.9 s', '2', 'ok', '4.1 s (48)', '4.05 s']);
    expect(lines.find((line) => line.includes('drop status'))).toMatch(/ok\s+none seen\s+none seen$/);
    expect(lines.join('\n')).toContain('a failed attempt: 55P03 canceling statement due to lock timeout');
  });

  it('says of an attempt without an end that it was cut off', () => {
    const view = sampleView();
    const events = view.events.filter((event) => event.type !== 'step' || event.edge === 'start');
    const steps = stepsOf(view.plan, events, 20_000_000);
    const lines = section(shown({ complete: false, events, steps }), 'Steps');
    expect(lines.filter((line) => line.includes('interrupted'))).toHaveLength(steps.length);
    expect(lines.filter((line) => line.endsWith(': '))).toEqual([]);
    expect(lines).toContain('  upgrade.add status: attempt 2 was cut off: no end of it is recorded');
  });

  it('keeps the lines of a log and of an error in a finding and a step, however long they are', () => {
    const verdict = sampleVerdict();
    verdict.findings[0]!.why = `exit 1\nError: a\tb\n    at run (app.js:3)\n\n${'x'.repeat(60)}`;
    const view = sampleView();
    const failed = view.steps[0]!.attempts.at(-1)!;
    Object.assign(failed, { ok: false, code: 'exit', message: 'exit code 2:\n  first line\n  last line' });
    const text = renderTerminal(view, verdict, { ...wide, width: 60 });
    const findings = section(text, 'Findings');
    const from = findings.indexOf('      why     exit 1');
    expect(findings.slice(from, from + 5).map((line) => line.slice(14))).toEqual([
      'exit 1',
      'Error: a b',
      'at run (app.js:3)',
      'x'.repeat(46),
      'x'.repeat(14),
    ]);
    expect(text).toMatch(/exit exit code 2:\n {4}first line\n {4}last line$/m);
  });

  it('counts of a wait only the part that had the step in front', () => {
    const text = shown({ lockWaits: [lockWait({ durationMs: 9_000, behindStepMs: 300 })] });
    expect(section(text, 'Steps').join('\n')).toMatch(/ok\s+300 ms \(1\)/);
  });

  it('tells who waited for what behind whom, and who stood in the queue', () => {
    const text = section(shown(), 'Lock waits').join('\n');
    expect(text).toContain(
      '48 × RowExclusiveLock on orders: longest 4.1 s, blocked 3 min 06 s in all, waited: service shop',
    );
    expect(text).toContain('behind upgrade.add status: ALTER TABLE orders ADD COLUMN status text');
    expect(text).toContain('which waited for background nightly report: select status, count(*) from orders');
    expect(text).toContain('1 × AccessExclusiveLock on orders: longest 4.05 s, blocked 4.05 s in all');
  });

  it('never says "no waits" without the floor and the cadence', () => {
    const none = section(shown({ lockWaits: [] }), 'Lock waits').join('\n');
    expect(none).toContain('No lock wait of 20 ms or longer was seen');
    expect(none).toContain('a shorter one may have been missed');
    expect(none).toContain('every 10 ms asked, achieved p50 10.1 ms, p99 14 ms, max 61 ms');
    expect(none).toContain('1 gap, 400 ms in all');
    const unknown = section(shown({ lockWaits: [], lockCoverage: null }), 'Lock waits').join('\n');
    expect(unknown).toContain('nothing can be said about them');
    expect(unknown).not.toMatch(/no lock wait/i);
    const logOnly = shown({
      lockWaits: [],
      lockCoverage: {
        floorMs: null,
        cadenceMs: null,
        samples: 0,
        log: 'read',
        deadlockTimeoutMs: 1_000,
        gaps: [],
      },
    });
    expect(logOnly).toContain('No lock wait of 1 s or longer was seen');
    expect(logOnly).toContain('no sampling; server log read at deadlock_timeout 1 s');
  });

  it('shows the strongest lock of each statement on what was there before it', () => {
    const lines = section(shown(), 'Statements').join('\n');
    expect(lines).toMatch(
      /3\s+ALTER TABLE orders.*AccessExclusiveLock on orders \(\+1\)\s+rewrites orders\s+232 ms/,
    );
    const trace = sampleTrace();
    trace.statements[0]!.locks = trace.statements[0]!.locks.filter(({ created }) => created);
    trace.statements[0]!.polled = true;
    expect(section(shown({ trace }), 'Statements').join('\n')).toMatch(
      /none\s+rewrites orders\s+232 ms\*\n.*polled/,
    );
    expect(shown({ trace: { ...trace, state: 'failed', reason: 'no room', statements: [] } })).toContain(
      'the trace failed: no room',
    );
  });

  it('puts production beside rehearsed', () => {
    expect(section(shown(), 'Production beside').join('\n')).toMatch(
      /orders\s+1 000 000\s+64 MB\s+500 000 000\s+210 GB\s+× 3 360/,
    );
  });

  it('says when the run was cut short, what is missing, and what does not add up', () => {
    const text = renderTerminal(
      sampleView({
        complete: false,
        damage: ['events.ndjson:14: cut short'],
        degraded: [{ source: 'log', lost: 'permission denied' }],
      }),
      sampleVerdict(),
      { ...wide, quiet: true },
    );
    expect(text).toContain('INCOMPLETE');
    expect(text).toContain('damaged: events.ndjson:14: cut short');
    expect(text).toContain('not observed (log): permission denied');
    expect(shown({ ended: 'interrupted', endReason: 'SIGINT' })).toContain('INTERRUPTED: SIGINT');
    const seconds = [{ second: 0, tallies: [{ ...tally(0, 1, { ok: 5 }), intended: 7 }] }];
    expect(shown({ seconds })).toContain('DOES NOT ADD UP');
    expect(shown({ seconds, complete: false })).toContain('2 still under way when the recording ended');
    expect(shown()).toContain('2 040 requests intended, every one accounted for');
  });

  it('shows the last lines of the log of a service that died', () => {
    const view = sampleView();
    const died: StampedEvent = {
      type: 'service',
      service: 'shop',
      replica: 'shop#1',
      state: 'died',
      detail: 'exit code 1',
      logTail: ['listening', '\u001b[31mError: boom\u001b[0m'],
      seq: 99,
      atUs: 8_000_000,
    };
    const text = shown({ events: [...view.events, died] });
    expect(text).toContain('00:08.0 shop#1 of shop died: exit code 1');
    expect(text).toContain('␛[31mError: boom');
  });

  it('says what it could not watch without a database', () => {
    const view = sampleView({ lockWaits: [], lockCoverage: null });
    delete view.plan.scenario.environment.database;
    expect(renderTerminal(view, sampleVerdict(), wide)).toContain(
      'Not watched: the scenario names no database.',
    );
  });

  it.each([80, 100, 120])('fits into %i columns', (width) => {
    for (const line of shown({}, sampleVerdict(), { ...wide, width }).split('\n')) {
      expect(widthOf(line), line).toBeLessThanOrEqual(width);
    }
  });

  it('has colour only when asked for', () => {
    // eslint-disable-next-line no-control-regex -- escape sequences are what is looked for
    const escape = /\u001b/;
    expect(shown()).not.toMatch(escape);
    expect(shown({}, sampleVerdict(), { ...wide, color: true })).toMatch(escape);
  });

  it('neutralises hostile text wherever it comes from', () => {
    const evil = '\u001b]0;pwned\u0007\u001b[2J\u009b31m';
    const verdict = sampleVerdict();
    for (const finding of verdict.findings) {
      finding.what += evil;
      finding.remedy += evil;
      finding.why = evil;
      finding.where = { endpoint: evil, phase: evil, step: evil, statement: evil, table: evil };
    }
    for (const rule of verdict.rules) rule.summary += evil;
    const view = sampleView({
      endpoints: [`create ${evil}`, evil],
      lockWaits: [
        lockWait({ relation: evil, root: { pid: 1, actor: { kind: 'other', name: evil }, query: evil } }),
      ],
      damage: [evil],
      degraded: [{ source: evil, lost: evil }],
      endReason: evil,
      ended: 'broken',
    });
    view.trace.statements[0]!.statement = evil;
    view.trace.statements[0]!.outcome = { ok: false, code: evil, message: evil };
    view.seconds[8]!.tallies[0]!.reasons = { [evil]: 3 };
    const text = renderTerminal(view, { ...verdict, because: evil }, { ...wide, dir: evil });
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
    expect(text).toContain('␛]0;pwned␇');
  });
});
