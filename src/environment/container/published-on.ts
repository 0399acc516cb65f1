import { networkInterfaces } from 'node:os';

/** Where the ports of a run's containers are published, and how dten reaches them there. */
export interface PublishedOn {
  host: string;
  /** The address of the engine's machine they are bound to; undefined: all of them, as another machine's loopback is not ours. */
  hostIp: string | undefined;
}

const loopback = '127.0.0.1';

/**
 * The loopback wherever the engine shares our network. testcontainers does not always say `localhost` for that:
 * inside a container it names the bridge's gateway, which is an address of our own when the engine runs beside us.
 */
export function publishedOn(engineHost: string, own: readonly string[] = ownAddresses()): PublishedOn {
  const here = ['localhost', loopback, '::1', '[::1]', ...own].includes(engineHost);
  return here ? { host: loopback, hostIp: loopback } : { host: engineHost, hostIp: undefined };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => address),
  );
}
