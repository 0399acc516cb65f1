import { describe, expect, it } from 'vitest';
import { phasesOf, stepsOf } from '../../../src/results/rebuild-timeline.js';
import { sampleEvents, samplePlan } from './sample.js';

const second = 1_000_000;

describe('phasesOf', () => {
  it('takes each phase from its own start to the start of the next', () => {
    expect(phasesOf(sampleEvents(), 99 * second)).toEqual([
      { phase: 'warmup', fromUs: 50_000, toUs: 2 * second },
      { phase: 'baseline', fromUs: 2 * second, toUs: 7 * second },
      { phase: 'upgrade', fromUs: 7 * second, toUs: 12 * second },
      { phase: 'soak', fromUs: 12 * second, toUs: 15 * second },
      { phase: 'rollback', fromUs: 15 * second, toUs: 17 * second },
      { phase: 'recovery', fromUs: 17 * second, toUs: 20 * second },
    ]);
  });

  it('lets a phase that was cut short end where the recording does', () => {
    const cut = sampleEvents().slice(0, 6);
    expect(phasesOf(cut, 9 * second).at(-1)).toEqual({ phase: 'upgrade', fromUs: 7 * second, toUs: 9 * second });
    expect(phasesOf(cut, 5 * second).at(-1)).toEqual({ phase: 'upgrade', fromUs: 7 * second, toUs: 7 * second });
  });
});

describe('stepsOf', () => {
  it('gives every planned step its attempts and outcome', () => {
    const [up, down] = stepsOf(samplePlan(), sampleEvents(), 20 * second);
    expect(up).toMatchObject({
      step: 'upgrade.add status',
      side: 'upgrade',
      kind: 'sql',
      fromUs: 7.1 * second,
      toUs: 12 * second,
      outcome: 'ok',
    });
    expect(up?.attempts).toEqual([
      {
        attempt: 1,
        fromUs: 7.1 * second,
        toUs: 7.5 * second,
        ok: false,
        code: '55P03',
        message: 'canceling statement due to lock timeout',
      },
      { attempt: 2, fromUs: 8 * second, toUs: 12 * second, ok: true },
    ]);
    expect(down).toMatchObject({ step: 'rollback.drop status', outcome: 'ok' });
  });

  it('calls interrupted what has no end, and skipped what never began', () => {
    const running = stepsOf(samplePlan(), sampleEvents().slice(0, 7), 11 * second);
    expect(running.map(({ outcome }) => outcome)).toEqual(['interrupted', 'skipped']);
    expect(running[0]?.attempts.at(-1)).toMatchObject({ attempt: 2, ok: false, toUs: 11 * second });
    const waiting = stepsOf(samplePlan(), sampleEvents().slice(0, 6), 11 * second);
    expect(waiting[0]).toMatchObject({ outcome: 'interrupted', toUs: 7.5 * second });
  });

  it('calls failed only what failed for good', () => {
    const events = sampleEvents()
      .slice(0, 6)
      .map((event) => (event.type === 'step' && event.edge === 'end' ? { ...event, final: true } : event));
    expect(stepsOf(samplePlan(), events, 11 * second)[0]?.outcome).toBe('failed');
  });
});
