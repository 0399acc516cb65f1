import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A scenario file with a rollback step and a job that collides with it. */
export async function smallYaml(options: {
  strategy?: string;
  provide?: string;
  steps?: string;
  more?: string;
}): Promise<string> {
  const { strategy = 'steps', provide = 'embedded', more = '' } = options;
  const steps = options.steps ?? '[ { name: down, sql: "select 1", transaction: statement } ]';
  const file = join(await mkdtemp(join(tmpdir(), 'dten-plan-')), 'scenario.yaml');
  await writeFile(
    file,
    `name: small
environment: { database: { provide: ${provide} } }
traffic: { rate: 10/s, endpoints: { read: { sql: { text: select 1 } } } }
${steps === '[]' ? '' : 'background: { report: { sql: select 1, collide: { step: down, holdFor: 2s } } }'}
upgrade: { steps: [ { name: up, sql: "select 1", transaction: statement } ] }
rollback: { strategy: ${strategy}, steps: ${steps}${more} }
objectives: {}
`,
  );
  return file;
}
