import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dten } from '../e2e/support/dten-process.js';
import { smallScenario } from '../e2e/support/small-scenario.js';

/** 200/s for 10 s a steady phase: 15 requests beyond the p99 of `read item` a phase, so 8 runs an arm can be compared. */
const blocks = {
  traffic: `
  rate: 200/s
  connections: 8
  timeout: 5s
  endpoints:
    read item: { weight: 3, sql: { text: "select id, name from items where id = $1", values: ["\${random.int(1,2000)}"] } }
    add item: { weight: 1, sql: { text: "insert into items (name) values ($1) returning id", values: ["\${random.string(8)}"] } }`,
  timeline: `{ warmup: 2s, baseline: 10s, soak: 10s, recovery: 10s }`,
};

/**
 * Rehearses one and the same small scenario `runs` times, one after another, into `results`; what an earlier call
 * left there counts. Returns the result folders, in the order they ran.
 */
export async function rehearseAlike(runs: number, results: string): Promise<string[]> {
  mkdirSync(results, { recursive: true });
  const scenario = smallScenario({ blocks });
  const done = () => {
    const parent = join(results, 'small');
    mkdirSync(parent, { recursive: true });
    return readdirSync(parent)
      .sort()
      .map((name) => join(parent, name));
  };
  while (done().length < runs) {
    const { code, stderr } = await dten(['rehearse', scenario, '--results', results, '--quiet']);
    // GO, NO-GO and INVALID are results; the comparison says which it leaves out.
    if (code === null || code === 2 || code === 4) throw new Error(`rehearsal ended with ${code}: ${stderr}`);
  }
  return done();
}
