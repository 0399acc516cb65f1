import { wildcard } from '../../foundation/wildcard.js';
import type { Source } from './source.js';

/** The variables that a service's replicas run with, as declared: templates stay templates, so no secret is read. */
export function environmentSource({ service, names }: { service: string; names: readonly string[] }): Source {
  const wanted = names.map(wildcard);
  return {
    defaults: { select: '$[*]', key: ['$.name'] },
    read({ environmentOf }) {
      const environment = environmentOf(service);
      if (!environment) {
        return Promise.resolve({
          documents: [],
          problem: `the environment of ${service} is not known: dten did not start it`,
        });
      }
      const variables = Object.entries(environment)
        .filter(([name]) => wanted.some((pattern) => pattern.test(name)))
        .map(([name, value]) => ({ name, value }));
      return Promise.resolve({ documents: [variables] });
    },
  };
}
