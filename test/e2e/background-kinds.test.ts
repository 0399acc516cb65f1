import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Incident } from '../../src/model/lock-story.js';
import type { RuleReport } from '../../src/model/verdict.js';
import { DtenProcess } from './support/dten-process.js';
import { smallScenario } from './support/small-scenario.js';

test('a prepared transaction and a vacuum that does not give way, each met by its step and named as the root', async () => {
  const folder = smallScenario({
    blocks: {
      background: `
  two phase: { kind: preparedTransaction, sql: "update items set name = name where id = 1", role: app, collide: { step: add note, startBefore: 500ms, holdFor: 2500ms } }
  wraparound: { kind: antiWraparoundVacuum, table: items, collide: { step: drop note, startBefore: 500ms, holdFor: 3s } }`,
      waivers: `
  - { finding: rollback-not-exercised, reason: "not what this test is about" }`,
    },
  });
  const run = new DtenProcess(['rehearse', folder, '--results', join(folder, 'results'), '--json']);
  const { stdout, stderr } = await run.ended;
  if (!stdout.startsWith('{')) throw new Error(`no report:\n${stderr}`);
  expect(run.left()).toEqual([]);
  expect(stderr).not.toContain('did not hold');
  const report = JSON.parse(stdout) as { lockStory: { incidents: Incident[] }; rules: RuleReport[] };
  // The longest of each: somebody waits for a row behind the prepared transaction too.
  const incidentOf = (step: string) =>
    report.lockStory.incidents
      .filter((incident) => incident.step === step)
      .sort((a, b) => b.longestMs - a.longestMs)[0];
  const prepared = incidentOf('upgrade.add note');
  expect(prepared?.root).toMatchObject({
    pid: 0,
    who: 'background two phase',
    state: 'prepared transaction',
  });
  const vacuumed = incidentOf('rollback.drop note');
  expect(vacuumed?.root).toMatchObject({
    who: 'background wraparound',
    query: expect.stringMatching(/^vacuum \(freeze/) as unknown,
  });
  for (const incident of [prepared, vacuumed]) {
    // Requests queued behind the ALTER for the better part of what was left of the hold.
    expect(incident?.longestMs).toBeGreaterThan(1_000);
    expect(incident?.victims.map(({ who }) => who)).toContain('endpoint read item');
  }
  const hazard = report.rules.find(({ rule }) => rule === 'queue-hazard-not-exercised');
  expect(hazard).toMatchObject({
    state: 'pass',
    summary: expect.stringContaining('2 of 2 exercised') as unknown,
  });
});
