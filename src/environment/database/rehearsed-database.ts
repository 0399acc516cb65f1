import { DtenError } from '../../foundation/errors.js';
import { exitCodes } from '../../foundation/exit-codes.js';
import { applicationName } from '../../model/actor.js';
import type { ConnectOptions, Database, PgSession, RunContext } from '../../model/contracts.js';
import { cloneDatabase, dropDatabase } from './clone.js';
import { connectionUrl } from './connection-url.js';
import { keepClock } from './keep-clock.js';
import type { ProvidedServer } from './provided-server.js';
import { ownerRole, type RoleSpecs } from './roles.js';
import { openSession, type DriverSession } from './session.js';
import { whenRoom } from './when-room.js';
import { untrackedOptions } from './statement-library.js';

/** Short enough for an observer never to be the long wait itself; long enough for a catalog read under load. */
const observerLimits = { lockTimeoutMs: 2_000, statementTimeoutMs: 60_000 };

export interface RehearsedDatabase extends Database {
  /** As `connect`, with the driver's client for COPY, and no observer limits: for provisioning. */
  provisionAs(role: string): Promise<DriverSession>;
  /** As `urlFor`, for a container of the run; undefined where it cannot reach the server. */
  urlForContainer(options: ConnectOptions): string | undefined;
  readonly server: ProvidedServer;
  /** Reads the server's clock from now on. */
  startClock(): Promise<void>;
}

export interface DatabaseParts {
  server: ProvidedServer;
  name: string;
  versionNumber: number;
  roles: RoleSpecs;
  passwords: ReadonlyMap<string, string>;
}

/** The database of a rehearsal on its server. */
export function rehearsedDatabase(ctx: RunContext, parts: DatabaseParts): RehearsedDatabase {
  const { server, name, versionNumber, roles, passwords } = parts;
  let clock: Awaited<ReturnType<typeof keepClock>> | undefined;

  const login = (role: string): { user: string; password: string | undefined } => {
    if (role === ownerRole) return { user: server.user, password: server.password };
    const password = passwords.get(role);
    if (password === undefined) {
      throw new DtenError('unknown-role', `the scenario declares no database role ${JSON.stringify(role)}`, {
        exitCode: exitCodes.badInput,
        hint: `declared: ${[...passwords.keys(), ownerRole].join(', ')}`,
      });
    }
    return { user: role, password };
  };
  const url = (options: ConnectOptions, address: { host: string; port: number }): string =>
    connectionUrl({
      ...login(options.role),
      ...address,
      database: options.database ?? name,
      params: {
        ...server.params,
        application_name: applicationName(options.consumer),
        // The owner of our own server may say so; of another's, perhaps not, and then could not connect.
        ...(server.ours && options.consumer.kind === 'observer' && options.role === ownerRole
          ? { options: untrackedOptions }
          : {}),
      },
    });
  const provisioner = (role: string, database?: string): Promise<DriverSession> =>
    openSession({
      url: url(
        {
          consumer: { kind: 'observer', name: 'provision' },
          role,
          ...(database === undefined ? {} : { database }),
        },
        server.address(),
      ),
    });
  const canceller = (): Promise<PgSession> => provisioner(ownerRole, server.maintenanceDatabase);

  return {
    versionNumber,
    name,
    statisticsDatabase: server.maintenanceDatabase,
    server,
    connect: async (options) => {
      const target = { url: url(options, server.address()), canceller };
      if (options.consumer.kind !== 'observer') return openSession(target);
      return whenRoom(() => openSession({ ...target, limits: observerLimits }), ctx.signal);
    },
    urlFor: (options) => url(options, server.address()),
    urlForContainer(options) {
      const address = server.containerAddress();
      return address && url(options, address);
    },
    provisionAs: (role) => provisioner(role),
    defaultRole: (use) => defaultRole(roles, use),
    async clone(suffix, source = name) {
      if (!server.ours) {
        throw new DtenError(
          'no-clone',
          'an external database is not cloned: it is not dten’s to disconnect from',
          {
            hint: 'rehearse on `provide: embedded` or a container to have statements traced on a clone',
          },
        );
      }
      const target = `${name}_${suffix}`.slice(0, 63);
      await using session = await provisioner(ownerRole, server.maintenanceDatabase);
      await cloneDatabase(session, source, target, versionNumber);
      return {
        name: target,
        async drop() {
          await using dropper = await provisioner(ownerRole, server.maintenanceDatabase);
          await dropDatabase(dropper, target, versionNumber);
        },
      };
    },
    async startClock() {
      const consumer = { kind: 'observer', name: 'clock' } as const;
      const { maintenanceDatabase: database } = server;
      ctx.teardown.defer('database clock', () => clock?.stop());
      clock = await keepClock(
        () =>
          openSession({
            url: url({ consumer, role: ownerRole, database }, server.address()),
            limits: observerLimits,
          }),
        ctx.clock,
      );
    },
    toRunUs(serverEpochUs) {
      return clock?.toRunUs(serverEpochUs) ?? { atUs: Number.NaN, errorUs: Number.POSITIVE_INFINITY };
    },
    readLog: (fromByte) => server.readLog(fromByte),
  };
}

/** Steps run as `migrator`, else as the first role that owns something; traffic as `app`, else as one that owns nothing. */
export function defaultRole(roles: RoleSpecs, use: 'step' | 'traffic'): string {
  const wanted = use === 'step' ? 'migrator' : 'app';
  if (wanted in roles) return wanted;
  const owns = (role: string): boolean => (roles[role]?.owns.length ?? 0) > 0;
  const names = Object.keys(roles);
  return names.find((role) => owns(role) === (use === 'step')) ?? names[0] ?? ownerRole;
}
