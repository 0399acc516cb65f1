import { describe, expect, it } from 'vitest';
import type { PlannedStep } from '../../../src/model/plan.js';
import { resolveStep } from '../../../src/model/step-reference.js';
import { planRehearsals, planRun } from '../../../src/plan/plan-run.js';
import { planRollback } from '../../../src/plan/plan-rollback.js';
import { loadScenario } from '../../../src/scenario/load-scenario.js';
import { smallYaml } from './small-yaml.js';

const step = (name: string, kind: PlannedStep['kind'], more: object): PlannedStep =>
  ({
    name,
    kind,
    side: 'rollback',
    id: `rollback.${name}`,
    timeout: 1,
    retries: 0,
    retryDelay: 1,
    ...more,
  }) as PlannedStep;
const roll = step('roll back', 'service', { service: {} });
const drop = step('drop', 'sql', { sql: 'select 1' });
const tool = step('tool', 'command', { command: ['true'] });
const look = step('look', 'check', { check: {} });
const names = (steps: readonly PlannedStep[]) => steps.map(({ name }) => name);
const scenario = (snapshot?: { keep: string[] }) => ({
  rollback: { strategy: 'snapshot' as const, steps: [], discards: [], ...(snapshot && { snapshot }) },
});

describe('planRollback', () => {
  it('leaves the steps as they are without a snapshot', () => {
    expect(planRollback(scenario(), [roll, drop], 'steps')).toEqual([roll, drop]);
  });

  it('puts the snapshot where the first step on the database stood, and keeps the others', () => {
    const planned = planRollback(scenario(), [roll, drop, tool, look], 'snapshot');
    expect(names(planned)).toEqual(['roll back', 'restore snapshot', 'look']);
    expect(planned[1]).toMatchObject({ replaces: ['rollback.drop', 'rollback.tool'], kind: 'restore' });
  });

  it('comes last where no step works on the database, and is all there is without steps', () => {
    expect(names(planRollback(scenario(), [roll, look], 'snapshot'))).toEqual([
      'roll back',
      'look',
      'restore snapshot',
    ]);
    expect(names(planRollback(scenario(), [], 'snapshot'))).toEqual(['restore snapshot']);
  });

  it('keeps what is named, and nothing else', () => {
    const planned = planRollback(scenario({ keep: ['tool'] }), [roll, drop, tool], 'snapshot');
    expect(names(planned)).toEqual(['restore snapshot', 'tool']);
  });

  it('whoever refers to a step that it replaces means the restore', () => {
    const rollback = planRollback(scenario(), [roll, drop], 'snapshot');
    const of = (reference: string) => resolveStep({ upgrade: [], rollback }, reference)?.id;
    expect(of('rollback.drop')).toBe('rollback.restore snapshot');
    expect(of('drop')).toBe('rollback.restore snapshot');
    expect(of('roll back')).toBe('rollback.roll back');
    expect(of('nobody')).toBeUndefined();
  });
});

describe('strategy both', () => {
  it('is two plans with one seed, alike but for their way back', async () => {
    const loaded = await loadScenario(await smallYaml({ strategy: 'both' }));
    const plans = await planRehearsals(loaded, { seed: 7 });
    expect(plans.map(({ rollbackWay, seed }) => [rollbackWay, seed])).toEqual([
      ['steps', 7],
      ['snapshot', 7],
    ]);
    expect(plans[0]?.upgrade).toEqual(plans[1]?.upgrade);
    expect(plans[0]?.scenario.traffic).toEqual(plans[1]?.scenario.traffic);
    // Nothing is left to collide with.
    expect(plans.map(({ collisions }) => collisions.length)).toEqual([1, 0]);
    expect((await planRun(loaded)).rollbackWay).toBe('steps');
  });

  it('a flag overrides the strategy, and cannot ask for what the scenario cannot have', async () => {
    const loaded = await loadScenario(await smallYaml({}));
    expect((await planRehearsals(loaded, { rollback: 'snapshot' })).map((plan) => plan.rollbackWay)).toEqual([
      'snapshot',
    ]);
    const external = await loadScenario(await smallYaml({ provide: '{ external: { urlFrom: SOME_URL } }' }));
    await expect(planRun(external, { rollback: 'snapshot' })).rejects.toMatchObject({
      exitCode: 2,
      problems: [{ path: 'rollback.strategy', message: expect.stringContaining('external') as string }],
    });
  });
});
