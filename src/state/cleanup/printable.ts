import type { ItemCleanup } from '../../model/state.js';
import { sqlFor, urlFor } from './item-step.js';
import { ItemTemplate, type CleanedItem, type CleanupValues } from './item-template.js';
import { shellCommand, variablePlace } from './shell.js';

/** The cleanup of one item as a person would run it: for a shell, secrets as the variables they come from. */
export function printable(
  cleanup: ItemCleanup,
  item: CleanedItem,
  values: CleanupValues,
  passing: (output: string) => string | undefined,
): string {
  const shown: CleanupValues = {
    output(path) {
      const name = passing(path);
      return name === undefined ? values.output(path) : variablePlace(name);
    },
    variable: variablePlace,
  };
  if ('command' in cleanup) {
    const template = new ItemTemplate(item, shown);
    return shellCommand(cleanup.command.map((argument) => template.text(argument)));
  }
  if ('sql' in cleanup) {
    return shellCommand(['psql', variablePlace('DATABASE_URL'), '-c', sqlFor(cleanup.sql, item, shown)]);
  }
  const { method, url, headers, json } = cleanup.http;
  const template = new ItemTemplate(item, shown);
  return shellCommand([
    'curl',
    '-fsS',
    '-X',
    method,
    urlFor(url, item, shown),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${template.text(value)}`]),
    ...(json === undefined
      ? []
      : ['-H', 'content-type: application/json', '-d', JSON.stringify(template.json(json))]),
  ]);
}
