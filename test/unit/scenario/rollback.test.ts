import { describe, expect, it } from 'vitest';
import { smallYaml } from '../plan/small-yaml.js';
import { problemsOf } from './support.js';

describe('rollback.strategy', () => {
  it('is refused on an external server, at its place', async () => {
    const file = await smallYaml({ strategy: 'snapshot', provide: '{ external: { urlFrom: SOME_URL } }' });
    const problems = await problemsOf(file);
    expect(problems).toMatchObject([
      { path: 'rollback.strategy', line: 6, message: expect.stringContaining('external server') as string },
    ]);
    expect(problems[0]?.hint).toContain('strategy: steps');
  });

  it.each(['embedded', '{ container: { image: "postgres:17" } }'])(
    'may be snapshot on %s',
    async (provide) => {
      expect(await problemsOf(await smallYaml({ strategy: 'snapshot', provide }))).toEqual([]);
      expect(await problemsOf(await smallYaml({ strategy: 'snapshot', provide, steps: '[]' }))).toEqual([]);
    },
  );

  it('both needs steps to compare with, and a word it knows', async () => {
    expect(await problemsOf(await smallYaml({ strategy: 'both', steps: '[]' }))).toMatchObject([
      { path: 'rollback.strategy', message: expect.stringContaining('no rollback steps') as string },
    ]);
    expect(await problemsOf(await smallYaml({ strategy: 'snapshots' }))).toMatchObject([
      { path: 'rollback.strategy', hint: expect.stringContaining('snapshot') as string },
    ]);
  });

  it('keeps steps that there are, and the name of its own step for itself', async () => {
    const keep = await smallYaml({ strategy: 'both', more: ', snapshot: { keep: [dwn] }' });
    expect(await problemsOf(keep)).toMatchObject([
      { path: 'rollback.snapshot.keep[0]', hint: expect.stringContaining('down') as string },
    ]);
    const taken = await smallYaml({
      strategy: 'snapshot',
      steps: '[ { name: down, wait: 1s }, { name: restore snapshot, wait: 1s } ]',
    });
    expect(await problemsOf(taken)).toMatchObject([{ path: 'rollback.steps[1].name' }]);
  });
});
