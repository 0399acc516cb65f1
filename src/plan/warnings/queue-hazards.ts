import { yamlScalar } from '../../foundation/yaml-scalar.js';
import { printedName } from '../../sql/printed-name.js';
import type { SqlLook, Warning, WarningInput } from './warning.js';

/**
 * A brief AccessExclusiveLock is harmless alone and takes a site down behind an old transaction; without an
 * arranged collision the run does not show which.
 */
export function warnQueueHazards({ plan, looks }: WarningInput): Warning[] {
  const met = new Set(plan.collisions.map(({ stepId }) => stepId));
  const waived = ({ step }: SqlLook): boolean =>
    plan.scenario.waivers.some(
      (waiver) =>
        waiver.finding === 'queue-hazard-not-exercised' &&
        (waiver.step === undefined || waiver.step === step.id || waiver.step === step.name),
    );
  return looks.flatMap((look) => {
    const tables = exclusiveTables(look);
    if (tables.length === 0 || met.has(look.step.id) || waived(look)) return [];
    return [
      {
        path: look.path,
        message: `seems to take AccessExclusiveLock (${tables.join(', ')}), and no background job collides with it: if traffic uses that table, the verdict cannot be GO`,
        hint: collisionFor(look),
      },
    ];
  });
}

/** An index says only by its name which table it is on; then the user has to. */
function collisionFor({ step, statements }: SqlLook): string {
  const table =
    statements.filter(({ exclusive }) => exclusive).flatMap(({ relations }) => relations)[0] ?? 'THE_TABLE';
  return `background: { report: { sql: ${yamlScalar(`select count(*) from ${printedName(table)}`)}, kind: longTransaction, collide: { step: ${yamlScalar(step.id)}, startBefore: 1s, holdFor: 5s } } }`;
}

/** Tables that were there before the step and that it seems to lock against everybody. */
export function exclusiveTables({ statements }: SqlLook): string[] {
  const created = new Set(statements.flatMap(({ createsTables }) => createsTables));
  const locked = statements
    .filter(({ exclusive }) => exclusive)
    .flatMap(({ relations, statement }) =>
      relations.length > 0 ? relations : [statement.text.split('\n')[0] ?? ''],
    );
  return [...new Set(locked)].filter((relation) => !created.has(relation));
}
