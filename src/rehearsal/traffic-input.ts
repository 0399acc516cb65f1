import { DtenError, messageOf } from '../foundation/errors.js';
import { exitCodes } from '../foundation/exit-codes.js';
import type { Database, RunContext } from '../model/contracts.js';

/** The rows of `traffic.pools`: each the first column of its query, for `${seen.…}` before the first capture. */
export async function firstPools(
  ctx: RunContext,
  database: Database | undefined,
): Promise<Record<string, unknown[]>> {
  const pools: Record<string, unknown[]> = {};
  const asked = Object.entries(ctx.plan.scenario.traffic.pools);
  if (!database || asked.length === 0) return pools;
  const role = database.defaultRole('traffic');
  await using session = await database.connect({ consumer: { kind: 'observer', name: 'pools' }, role });
  for (const [name, { sql }] of asked) {
    try {
      const { rows } = await session.query(sql);
      pools[name] = rows.map((row) => Object.values(row)[0]);
    } catch (error) {
      throw new DtenError(
        'pool-query-failed',
        `traffic.pools.${name} failed as ${role}: ${messageOf(error)}`,
        {
          exitCode: exitCodes.badInput,
          hint: `${ctx.plan.scenarioFile}: its query runs on the provisioned data before the traffic starts.`,
          cause: error,
        },
      );
    }
  }
  return pools;
}

/** The URL each sql endpoint connects with, its name inside. */
export function trafficUrls(ctx: RunContext, database: Database | undefined): Record<string, string> {
  if (!database) return {};
  return Object.fromEntries(
    Object.entries(ctx.plan.scenario.traffic.endpoints)
      .filter(([, endpoint]) => endpoint.sql)
      .map(([name, endpoint]) => [
        name,
        database.urlFor({
          consumer: { kind: 'traffic', name },
          role: endpoint.role ?? database.defaultRole('traffic'),
        }),
      ]),
  );
}
