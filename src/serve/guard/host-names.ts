import { isIP } from 'node:net';

const loopbackNames = ['localhost', '127.0.0.1', '::1'];

/** Whether only this machine can reach what listens there. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** The name in a Host header, in lower case, without its port and brackets; undefined if it is none. */
export function hostNameOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Which names a request may call this server by. A page of a foreign site whose name is made to resolve to this
 * machine (DNS rebinding) calls it by that name, so names are taken only if known. An address cannot be rebound; but
 * on the loopback nobody has reason to use any other than the loopback's. The port may differ: tunnels change it.
 */
export function allowedHost(
  listensOn: string,
  moreNames: readonly string[],
): (header: string | undefined) => boolean {
  const names = new Set([...loopbackNames, ...moreNames.map((name) => name.toLowerCase())]);
  const loopback = isLoopback(listensOn);
  return (header) => {
    const name = hostNameOf(header);
    if (name === undefined) return false;
    return names.has(name) || (!loopback && isIP(name) !== 0);
  };
}
