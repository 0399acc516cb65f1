import { InputError } from '../foundation/errors.js';
import type { Environment, RunContext, Service } from '../model/contracts.js';
import type { ServiceSpec } from '../model/scenario.js';
import type { RunContainers } from './container/run-network.js';
import { warmAgain } from './data/settle.js';
import { backgroundSettings } from './database/background-settings.js';
import { provisionDatabase } from './database/provision-database.js';
import type { ProvidedServer } from './database/provided-server.js';
import type { RehearsedDatabase } from './database/rehearsed-database.js';
import { fingerprint } from './fingerprint.js';
import { openLease, type Lease } from './leftovers/lease.js';
import { databaseOutputs, renderEnv } from './outputs.js';
import { ManagedService, type ReplicaStarter, type TargetsListener } from './services/managed-service.js';
import { startProcessReplica } from './services/process-replica.js';
import { ReplicaFailure } from './services/replica.js';
import { physicalSnapshot } from './snapshot/physical-snapshot.js';
import { runningSystem } from './services/running-system.js';

/**
 * Stands up what the plan declares: the database with roles and data now, services on startServices(). Every undo is
 * registered in ctx.teardown before what it undoes; ctx.signal stops it anywhere.
 * @throws DtenError exit 2 where the machine or the scenario lacks something; InputError for data that is wrong.
 */
export async function provision(ctx: RunContext): Promise<Environment> {
  const { environment } = ctx.plan.scenario;
  ctx.signal.throwIfAborted();
  checkServices(ctx);
  const undo: (() => Promise<void>)[] = [];
  const held: { lease?: Lease } = {};
  undo.push(ctx.teardown.defer('run folder', () => held.lease?.release()));
  const lease = await openLease(ctx.runId);
  held.lease = lease;
  let opening: Promise<RunContainers> | undefined;
  const containers = (): Promise<RunContainers> => {
    opening ??= import('./container/run-network.js').then((m) => m.openRunContainers(ctx, lease));
    return opening;
  };

  const roles = environment.database?.roles ?? {};
  const server = environment.database && (await provideServer(ctx, lease, containers));
  const database = server && (await provisionDatabase(ctx, server, roles));

  // Named once more by steps and endpoints, which know who they are; from here a URL can only reach a step.
  const outputs: Record<string, string> = databaseOutputs(database, Object.keys(roles), {
    kind: 'upgrade',
    name: 'a step',
  });
  // Before the services' undo: containers must not be removed under services that were not asked to stop.
  if (Object.values(environment.services).some((spec) => spec.image !== undefined)) await containers();
  const listeners: TargetsListener[] = [];
  const announce: TargetsListener = async (service, targets, drainMs) => {
    await Promise.all(listeners.map((listener) => listener(service, targets, drainMs)));
  };
  const managed: ManagedService[] = [];
  const services = new Map<string, Service>();
  for (const [name, spec] of Object.entries(environment.services)) {
    if (spec.url !== undefined) {
      services.set(name, runningSystem(name, spec.url));
      continue;
    }
    const start = replicaStarter(ctx, lease, containers, database, name, () => managed);
    const service = new ManagedService({ ctx, name, spec, start, listens: listens(ctx, name), announce });
    undo.push(ctx.teardown.defer(`service ${name}`, () => service.stopAll()));
    managed.push(service);
    services.set(name, service);
  }
  const startServices = async (): Promise<void> => {
    for (const [name, service] of services) {
      // In the scenario's order: a later service may name the URL of an earlier one.
      if (service instanceof ManagedService) await service.startAll();
      const [first] = service.targets();
      if (first) outputs[`service.${name}.url`] = first.origin;
    }
  };
  const snapshot =
    database?.server.files &&
    physicalSnapshot(ctx, {
      files: database.server.files,
      stopServices: async () => {
        for (const service of managed.toReversed()) await service.stopAll();
      },
      startServices,
      rewarm: () => warmAgain(ctx, database),
    });
  return {
    database,
    snapshot,
    services,
    outputs,
    fingerprint: () => fingerprint(database),
    startServices,
    onTargets: (listener) => void listeners.push(listener),
    async [Symbol.asyncDispose]() {
      for (const one of undo.reverse()) await one();
    },
  };
}

async function provideServer(
  ctx: RunContext,
  lease: Lease,
  containers: () => Promise<RunContainers>,
): Promise<ProvidedServer | undefined> {
  const { environment, background } = ctx.plan.scenario;
  const { database } = environment;
  if (!database) return undefined;
  const { provide } = database;
  const settings = { ...backgroundSettings(background), ...database.settings };
  if (provide === 'embedded') {
    const { provideEmbedded } = await import('./embedded/provide.js');
    return provideEmbedded(ctx, lease, settings);
  }
  if ('external' in provide) {
    const { provideExternal } = await import('./external/provide.js');
    return provideExternal(ctx, provide.external.urlFrom, settings);
  }
  const { provideContainer } = await import('./container/provide.js');
  return provideContainer(ctx, await containers(), provide.container.image, settings);
}

/** Whether HTTP traffic goes to a service: an endpoint names it, or it is the only one. */
function listens(ctx: RunContext, name: string): boolean {
  const { traffic, environment } = ctx.plan.scenario;
  const only = Object.keys(environment.services).length === 1;
  return Object.values(traffic.endpoints).some(
    (endpoint) => endpoint.request && (endpoint.service === name || (endpoint.service === undefined && only)),
  );
}

function replicaStarter(
  ctx: RunContext,
  lease: Lease,
  containers: () => Promise<RunContainers>,
  database: RehearsedDatabase | undefined,
  service: string,
  others: () => readonly ManagedService[],
): ReplicaStarter {
  const roles = Object.keys(ctx.plan.scenario.environment.database?.roles ?? {});
  const consumer = { kind: 'service', name: service } as const;
  return async (name, spec, log, signal) => {
    const from = spec.image === undefined ? 'process' : 'container';
    const outputs = databaseOutputs(database, roles, consumer, from);
    for (const other of others()) {
      const [first] = other.replicas();
      const url = from === 'container' ? first?.containerOrigin : first?.target.origin;
      if (url !== undefined) outputs[`service.${other.name}.url`] = url;
    }
    for (const [other, { url }] of Object.entries(ctx.plan.scenario.environment.services)) {
      if (url !== undefined) outputs[`service.${other}.url`] = new URL(url).origin;
    }
    const env = renderEnv(service, spec.env, outputs, from);
    if (spec.image !== undefined) {
      const { startContainerReplica } = await import('./services/container-replica.js');
      return startContainerReplica({
        name,
        spec: { ...spec, image: spec.image },
        env,
        log,
        runId: ctx.runId,
        containers: await containers(),
        signal,
      });
    }
    if (spec.command === undefined) {
      throw new ReplicaFailure('service-not-started', `${name}: there is neither a command nor an image`);
    }
    const { baseDir } = ctx.plan;
    return startProcessReplica({ name, spec: { ...spec, command: spec.command }, env, baseDir, log, lease });
  };
}

/** What only a look at the service as a whole can tell; everything at once. */
function checkServices(ctx: RunContext): void {
  const problems = Object.entries(ctx.plan.scenario.environment.services).flatMap(([name, spec]) =>
    whatIsWrong(spec).map(({ message, hint }) => ({
      file: ctx.plan.scenarioFile,
      path: `environment.services.${name}`,
      message,
      hint,
    })),
  );
  if (problems.length > 0) throw new InputError(problems);
}

function whatIsWrong(spec: ServiceSpec): { message: string; hint: string }[] {
  const wrong: { message: string; hint: string }[] = [];
  if (spec.command === undefined && spec.image === undefined && spec.url === undefined) {
    wrong.push({ message: 'nothing says how to run it', hint: 'give command:, image: or url:' });
  }
  if (spec.image !== undefined && spec.port === undefined) {
    wrong.push({ message: 'an image needs port:', hint: 'the port it listens on inside its container' });
  }
  if (spec.url !== undefined && !URL.canParse(spec.url)) {
    wrong.push({ message: `not a URL: ${spec.url}`, hint: 'for example http://127.0.0.1:8080' });
  }
  try {
    new RegExp(spec.ready.log ?? '');
  } catch {
    wrong.push({
      message: `ready.log is no regular expression: ${spec.ready.log}`,
      hint: 'escape ( [ { + * ?',
    });
  }
  return wrong;
}
