import { describe, expect, it } from 'vitest';
import type { StampedEvent } from '../../../src/model/observation.js';
import { renderJson } from '../../../src/report/json.js';
import { renderJunit } from '../../../src/report/junit.js';
import { renderMarkdown } from '../../../src/report/markdown.js';
import {
  describeEvent,
  renderProgress,
  renderProgressLine,
  type ProgressState,
} from '../../../src/report/progress.js';
import { widthOf } from '../../../src/report/text-width.js';
import { sampleVerdict } from '../results/sample.js';
import { sampleView } from './sample-view.js';

const evil =
  '<script>alert(1)</script> | a`b` \u001b[31m [x](javascript:1) ]]> \u0000 \ud800 "quoted" & \'so\'';

function evilVerdict() {
  const verdict = sampleVerdict();
  const [note] = verdict.findings;
  if (note)
    Object.assign(note, { what: evil, remedy: evil, why: evil, where: { endpoint: evil, statement: evil } });
  verdict.because = evil;
  return verdict;
}

describe('the Markdown summary', () => {
  it('holds the verdict, the findings and the latency table', () => {
    const text = renderMarkdown(sampleView(), sampleVerdict());
    expect(text).toMatch(/^## ❌ NO-GO: orders\n/);
    expect(text).toContain('| upgrade | create order | 100/s | 4.1 s | ∞ | – | ∞ | 15 (3%) | 25 |');
    expect(text).toContain('<code>ALTER TABLE orders ADD COLUMN status text</code>');
    expect(text).toContain('detection floor of 20 ms');
    expect(text.indexOf('| NO-GO | latency')).toBeLessThan(text.indexOf('| NO-GO | lock-wait'));
    expect(text.indexOf('| NO-GO | lock-wait')).toBeLessThan(text.indexOf('| INVALID | send-lag'));
  });

  it('keeps the lines of a log in its cell', () => {
    const verdict = sampleVerdict();
    verdict.findings[0]!.why = 'exit 1\r\n  at `run`\n\n| last';
    expect(renderMarkdown(sampleView(), verdict)).toContain(
      '| exit 1<br>at <code>run</code><br>&#124; last |',
    );
  });

  it('holds the steps, production beside rehearsed, and every rule that was asked', () => {
    const view = sampleView();
    const report = sampleVerdict();
    const text = renderMarkdown(view, report);
    expect(text).toContain('### Production beside rehearsed');
    for (const { step } of view.steps) expect(text).toContain(`| ${step} |`);
    const asked = report.rules.filter(({ state }) => state !== 'not asked');
    expect(text).toContain(`All ${asked.length} rules that were asked`);
    for (const { rule, state } of asked) expect(text).toContain(`| ${rule} | ${state} |`);
  });

  it('escapes what a table, Markdown or HTML would understand', () => {
    const text = renderMarkdown(sampleView({ endpoints: [evil, 'b'] }), evilVerdict());
    expect(text).not.toContain('<script');
    expect(text).not.toContain('[x](');
    const tables = text.split('\n').filter((line) => line.startsWith('|'));
    // Findings and sizes have 6 columns, latency 9, steps 7, rules 3: a cell that broke out would make more.
    for (const line of tables) expect([7, 10, 8, 4]).toContain(line.split('|').length - 1);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

/** A small parser: tags balance, text and attributes hold no raw markup, and every entity is one of XML's five. */
function elementsOf(xml: string): { tag: string; attributes: Record<string, string>; depth: number }[] {
  const elements: { tag: string; attributes: Record<string, string>; depth: number }[] = [];
  const open: string[] = [];
  const body = xml.replace(/^<\?xml version="1.0" encoding="UTF-8"\?>\n/, '');
  let at = 0;
  for (const match of body.matchAll(/<(\/?)([\w-]+)((?: [\w-]+="[^"<]*")*)(\/?)>/g)) {
    expect(body.slice(at, match.index)).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|apos);)/);
    at = match.index + match[0].length;
    const [, closing, tag = '', attributes = '', empty] = match;
    if (closing) {
      expect(open.pop()).toBe(tag);
      continue;
    }
    const pairs = [...attributes.matchAll(/ ([\w-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [
      key,
      value,
    ]);
    elements.push({
      tag,
      attributes: Object.fromEntries(pairs) as Record<string, string>,
      depth: open.length,
    });
    if (!empty) open.push(tag);
  }
  expect(open).toEqual([]);
  expect(body.slice(at).trim()).toBe('');
  return elements;
}

describe('the JUnit file', () => {
  it('has a case a rule: failures for NO-GO, errors for INVALID, skipped for what was not asked', () => {
    const elements = elementsOf(renderJunit(sampleView(), sampleVerdict()));
    const state = new Map<string, string>();
    let current = '';
    for (const { tag, attributes } of elements) {
      if (tag === 'testcase') state.set((current = attributes['name'] ?? ''), 'passed');
      else if (tag === 'failure' || tag === 'error' || tag === 'skipped') state.set(current, tag);
    }
    expect(Object.fromEntries(state)).toEqual({
      verdict: 'failure',
      latency: 'failure',
      errors: 'passed',
      'lock-wait': 'failure',
      'send-lag': 'error',
      throughput: 'error',
      downtime: 'skipped',
      'not-asked-of-anyone': 'passed',
      'queue-hazard-not-exercised': 'passed',
    });
    expect(elements[0]).toMatchObject({
      tag: 'testsuites',
      attributes: { tests: '9', failures: '3', errors: '2' },
    });
    expect(elements[1]).toMatchObject({
      tag: 'testsuite',
      attributes: {
        name: 'dten.orders',
        tests: '9',
        skipped: '1',
        time: '19.950',
        timestamp: '2026-11-22T10:15:00',
      },
    });
  });

  it('is never green where the verdict is not GO', () => {
    const bare = { because: 'x', findings: [], rules: [] };
    expect(renderJunit(sampleView(), { verdict: 'GO', ...bare })).not.toMatch(/<(failure|error) /);
    expect(renderJunit(sampleView(), { verdict: 'INVALID', ...bare })).toContain('<error type="INVALID"');
    expect(renderJunit(sampleView(), { verdict: 'NO-GO', ...bare })).toContain('<failure type="NO-GO"');
  });

  it('stays XML whatever the text', () => {
    const xml = renderJunit(sampleView(), evilVerdict());
    elementsOf(xml);
    expect(xml).not.toMatch(/[^\P{Cc}\n]|\p{Cs}/u);
  });
});

describe('the JSON report', () => {
  it('is one document that survives JSON', () => {
    const report = renderJson(sampleView(), sampleVerdict(), { dir: 'results/orders/x' });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(report).toMatchObject({
      schema: 'dten.report/1',
      verdict: 'NO-GO',
      scenario: 'orders',
      complete: true,
      paths: { dir: 'results/orders/x', latency: 'latency.hlog' },
      locks: { waits: 49, longestMs: 4_100, coverage: { floorMs: 20 } },
    });
    expect(report.findings[0]).toMatchObject({ rule: 'latency' });
    expect(report.steps[0]).toMatchObject({
      step: 'upgrade.add status',
      longestWaitCausedMs: 4_100,
      waitsCaused: 48,
    });
    const upgrade = report.endpoints.find((e) => e.phase === 'upgrade' && e.endpoint === 'create order');
    expect(upgrade).toMatchObject({ tally: { dropped: 25 }, responseWithDropsMs: { p99: 'inf' } });
  });

  it('has no locks where nothing watched', () => {
    const view = sampleView({ lockWaits: [], lockCoverage: null });
    expect(renderJson(view, sampleVerdict(), { dir: '' }).locks).toBeNull();
  });
});

const state: ProgressState = {
  phase: 'upgrade',
  phaseElapsedMs: 12_300,
  runElapsedMs: 40_000,
  offeredPerSecond: 400,
  achievedPerSecond: 251,
  p99Ms: 4_100,
  failedPerSecond: 0,
  inFlight: 1_480,
  blocked: 64,
  behindSteps: 48,
  step: { id: 'upgrade.add status', attempt: 2, elapsedMs: 4_000 },
};

describe('progress', () => {
  it('tells phase, rates, tail, in-flight, blocked sessions and the step', () => {
    expect(renderProgress(state, { color: false, width: 120 })).toEqual([
      'upgrade (3/6)  12 s',
      '  400/s offered, 251/s ok · p99 4.1 s · 1 480 in flight · 64 waiting for locks (48 behind the step)',
      '  step upgrade.add status, attempt 2, 4 s',
    ]);
    expect(renderProgressLine(state)).toBe(
      '40 s  upgrade 12 s, 400/s offered, 251/s ok · p99 4.1 s · 1 480 in flight · ' +
        '64 waiting for locks (48 behind the step), step upgrade.add status, attempt 2, 4 s',
    );
  });

  it('shows how far a phase of known length has come, and the unknown as unknown', () => {
    const baseline: ProgressState = { ...state, phase: 'baseline', phaseTotalMs: 24_600, p99Ms: null };
    delete baseline.step;
    const lines = renderProgress(
      { ...baseline, blocked: null, behindSteps: null },
      { color: false, width: 120 },
    );
    expect(lines[0]).toBe(`baseline (2/6)  12 s of 25 s  ${'━'.repeat(12)}${'╌'.repeat(12)}`);
    expect(lines[1]).toContain('p99 –');
    expect(lines[1]).toContain('– waiting for locks');
    expect(lines).toHaveLength(2);
  });

  it('fits its width, and says what goes on outside the phases', () => {
    for (const line of renderProgress(state, { color: false, width: 50 }))
      expect(widthOf(line)).toBeLessThanOrEqual(50);
    const preparing: ProgressState = { ...state, phase: 'preparing', doing: 'provisioning \u001b[2J' };
    delete preparing.step;
    expect(renderProgress(preparing, { color: false, width: 80 })).toEqual([
      'preparing  12 s',
      '  provisioning ␛[2J',
    ]);
  });
});

describe('describeEvent', () => {
  const at = (event: object) => describeEvent({ seq: 1, atUs: 32_400_000, ...event } as StampedEvent);

  it('tells what happened in one line', () => {
    expect(at({ type: 'phase', phase: 'upgrade', fromUs: 0 })).toBe('00:32.4  phase upgrade');
    expect(at({ type: 'step', step: 'upgrade.a', attempt: 2, edge: 'start' })).toBe(
      '00:32.4  upgrade.a: begins, attempt 2',
    );
    const failed = { ok: false, code: 'sql', sqlState: '55P03', message: 'lock timeout' };
    expect(
      at({ type: 'step', step: 'upgrade.a', attempt: 2, edge: 'end', outcome: failed, final: false }),
    ).toBe('00:32.4  upgrade.a: attempt 2 failed: 55P03 lock timeout, will try again');
    expect(
      at({ type: 'service', service: 'shop', replica: 'shop#1', state: 'died', logTail: ['x', 'boom'] }),
    ).toBe('00:32.4  shop#1 (shop) died: boom (2 lines of its log in the report)');
    expect(at({ type: 'degraded', source: 'log', lost: 'denied\n\u001b[2J' })).toBe(
      '00:32.4  DEGRADED log: denied ␛[2J',
    );
    expect(at({ type: 'background', job: 'report', edge: 'holding', step: 'upgrade.a' })).toBe(
      '00:32.4  background report is running, to collide with upgrade.a',
    );
  });

  it('leaves out what is too frequent', () => {
    expect(at({ type: 'statement', step: 's', attempt: 1, index: 0, edge: 'start' })).toBeUndefined();
    expect(
      at({ type: 'statement', step: 's', attempt: 1, index: 0, edge: 'end', outcome: { ok: true } }),
    ).toBeUndefined();
    expect(at({ type: 'background', job: 'report', edge: 'start' })).toBeUndefined();
  });
});
