import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { publishedOn } from '../../../src/environment/container/published-on.js';

const loopback = { host: '127.0.0.1', hostIp: '127.0.0.1' };

describe('where ports of containers are published', () => {
  it.each(['localhost', '127.0.0.1', '::1'])('%s: the loopback', (host) => {
    expect(publishedOn(host, [])).toEqual(loopback);
  });

  it('the gateway of a bridge of our own: the loopback too', () => {
    expect(publishedOn('172.17.0.1', ['127.0.0.1', '172.17.0.1'])).toEqual(loopback);
    const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
    for (const address of own) expect(publishedOn(address)).toEqual(loopback);
  });

  it('an engine elsewhere: at its host, on whatever address of it is reached', () => {
    expect(publishedOn('172.17.0.1', ['172.17.0.5'])).toEqual({ host: '172.17.0.1', hostIp: undefined });
    expect(publishedOn('docker', ['10.0.0.2'])).toEqual({ host: 'docker', hostIp: undefined });
  });
});
