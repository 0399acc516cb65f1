import { DtenError } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import { applicationName } from '../../model/actor.js';
import type { RunContext } from '../../model/contracts.js';
import { loadData } from '../data/load-data.js';
import { settle } from '../data/settle.js';
import { connectionUrl } from './connection-url.js';
import type { ProvidedServer } from './provided-server.js';
import { quoteIdent } from './quote.js';
import { rehearsedDatabase, type RehearsedDatabase } from './rehearsed-database.js';
import { createRoles, giveSchemas, ownerRole, settleRights, type RoleSpecs } from './roles.js';
import { openSession } from './session.js';
import { createStatementView } from './statement-library.js';

const oldestVersion = 120_000;

/** Makes the rehearsal's database with its roles and data on a server, settled and warm (or cold) as declared. */
export async function provisionDatabase(
  ctx: RunContext,
  server: ProvidedServer,
  roles: RoleSpecs,
): Promise<RehearsedDatabase> {
  const { environment, name: scenarioName } = ctx.plan.scenario;
  const name = server.ours ? databaseName(scenarioName) : server.maintenanceDatabase;
  const { versionNumber, passwords } = await prepareServer(server, name, roles);
  const database = rehearsedDatabase(ctx, { server, name, versionNumber, roles, passwords });
  {
    await using owner = await database.provisionAs(ownerRole);
    await giveSchemas(owner, name, roles);
    if (Object.keys(roles).length > 0) await settleRights(owner, roles);
    await loadData(ctx, database, roles);
    if (Object.keys(roles).length > 0) await settleRights(owner, roles);
  }
  ctx.signal.throwIfAborted();
  if (server.ours || environment.data.length > 0) await settle(ctx, database);
  await database.startClock();
  return database;
}

/** `orders-add-status` → `orders_add_status`: a name that nobody has to quote. */
export function databaseName(scenario: string): string {
  const name = scenario
    .toLowerCase()
    .replace(/[^a-z0-9_]/g, '_')
    .slice(0, 48);
  return /^[a-z_]/.test(name) && !['postgres', 'template0', 'template1'].includes(name)
    ? name
    : `dten_${name}`;
}

async function prepareServer(
  server: ProvidedServer,
  name: string,
  roles: RoleSpecs,
): Promise<{ versionNumber: number; passwords: Map<string, string> }> {
  await using session = await openSession({
    url: connectionUrl({
      user: server.user,
      password: server.password,
      ...server.address(),
      database: server.maintenanceDatabase,
      params: {
        ...server.params,
        application_name: applicationName({ kind: 'observer', name: 'provision' }),
      },
    }),
  });
  const { rows } = await session.query("select current_setting('server_version_num')::int as version");
  const versionNumber = Number(rows[0]?.version);
  if (versionNumber < oldestVersion) {
    throw new DtenError('postgres-too-old', `PostgreSQL ${versionNumber} is older than 12`, {
      exitCode: exitCodes.badInput,
      hint: 'rehearse on PostgreSQL 12 or later',
    });
  }
  const passwords = await createRoles(session, roles);
  if (server.ours) {
    await createStatementView(session);
    await session.query(`CREATE DATABASE ${quoteIdent(name)}`);
  }
  return { versionNumber, passwords };
}
