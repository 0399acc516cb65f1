import type { Problem } from '../document.js';
import type { CheckInput } from './check.js';

/** Which keys go with which kind of background job, and what the server must allow for it. */
export function checkBackground({ scenario }: CheckInput): Problem[] {
  const problems: Problem[] = [];
  const settings = scenario.environment.database?.settings ?? {};
  for (const [name, job] of Object.entries(scenario.background)) {
    const path = ['background', name];
    if (job.kind === 'antiWraparoundVacuum') {
      if (job.table === undefined) {
        problems.push({ path, target: 'key', message: 'vacuums no table', hint: 'give it table: orders' });
      }
      if (job.sql !== undefined) {
        problems.push({
          path: [...path, 'sql'],
          target: 'key',
          message: 'a vacuum runs no sql of its own',
          hint: 'leave it out; table: names what is vacuumed',
        });
      }
      if (job.every !== undefined) {
        problems.push({
          path: [...path, 'every'],
          target: 'key',
          message: 'a vacuum is held for a step, and does not run on a schedule',
          hint: 'collide: { step: …, holdFor: 10s }',
        });
      }
      continue;
    }
    if (job.sql === undefined) {
      problems.push({
        path,
        target: 'key',
        message: 'runs nothing',
        hint: 'give it sql: select count(*) from orders',
      });
    }
    if (job.table !== undefined) {
      problems.push({
        path: [...path, 'table'],
        target: 'key',
        message: `${job.kind} takes no table`,
        hint: 'its sql names the tables; table: belongs to kind: antiWraparoundVacuum',
      });
    }
    const allowed = settings['max_prepared_transactions'];
    if (job.kind === 'preparedTransaction' && allowed !== undefined && Number(allowed) < 1) {
      problems.push({
        path: ['environment', 'database', 'settings', 'max_prepared_transactions'],
        message: `the background job ${JSON.stringify(name)} prepares a transaction, which this setting forbids`,
        hint: 'leave it out: dten sets it where a job needs it',
      });
    }
  }
  return problems;
}
