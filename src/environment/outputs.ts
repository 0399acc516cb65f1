import { DtenError } from '../foundation/errors.js';
import { exitCodes } from '../foundation/exit-codes.js';
import type { Consumer } from '../model/contracts.js';
import { TemplateError, compileText } from '../template/template.js';
import type { RehearsedDatabase } from './database/rehearsed-database.js';
import { ownerRole } from './database/roles.js';

/**
 * The database URLs a consumer may name: `database.url.<role>` of every role and the owner, and `database.url` of the
 * role that traffic uses. Each carries the consumer's application_name, by which its waits are known.
 */
export function databaseOutputs(
  database: RehearsedDatabase | undefined,
  roles: readonly string[],
  consumer: Consumer,
  from: 'process' | 'container' = 'process',
): Record<string, string> {
  if (!database) return {};
  const outputs: Record<string, string> = {};
  const add = (name: string, role: string): void => {
    const options = { consumer, role };
    const url = from === 'process' ? database.urlFor(options) : database.urlForContainer(options);
    if (url !== undefined) outputs[name] = url;
  };
  add('database.url', database.defaultRole('traffic'));
  for (const role of [...roles, ownerRole]) add(`database.url.${role}`, role);
  return outputs;
}

/** Renders the environment of a service. `env.<NAME>` is a variable of dten's own environment. */
export function renderEnv(
  service: string,
  env: Readonly<Record<string, string>>,
  outputs: Readonly<Record<string, string>>,
  from: 'process' | 'container' = 'process',
): Record<string, string> {
  const rendered: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    const where = `environment.services.${service}.env.${name}`;
    rendered[name] = render(where, value, outputs, from);
  }
  return rendered;
}

function render(
  where: string,
  value: string,
  outputs: Readonly<Record<string, string>>,
  from: 'process' | 'container',
): string {
  const bad = (message: string, hint: string): DtenError =>
    new DtenError('bad-template', `${where}: ${message}`, { exitCode: exitCodes.badInput, hint });
  try {
    const result = compileText(value).render({
      // One value for a field: an environment is rendered once a replica, the same for all.
      draw: () => 0.5,
      output: (path) => outputs[path],
      variable: (path) => (path.startsWith('env.') ? process.env[path.slice(4)] : undefined),
    });
    if (result.ok) return result.value;
    const unreachable = from === 'container' && result.missing.includes('database.url');
    throw bad(
      result.missing,
      unreachable
        ? 'a container cannot reach the embedded database: use `provide: { container: { image: … } }`'
        : `known here: ${Object.keys(outputs).join(', ')}`,
    );
  } catch (error) {
    if (error instanceof TemplateError) throw bad(error.message, error.hint);
    throw error;
  }
}
