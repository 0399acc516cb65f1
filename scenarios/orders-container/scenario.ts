// ../orders on a Postgres in a container. A scenario may be TypeScript: here it takes the YAML of another one and
// changes where its database comes from.
import { readFileSync } from 'node:fs';
import { defineScenario, type ScenarioInput } from 'dten';
import { parse } from 'yaml';

const yaml = readFileSync(new URL('../orders/scenario.yaml', import.meta.url), 'utf8');

// Paths start at the scenario's own folder, so those of ../orders are led back there.
const orders = parse(yaml, (_key, value: unknown) =>
  typeof value === 'string' && /^(seed\.sql|indexes\.sql|app\/|migrations\/)/.test(value)
    ? `../orders/${value}`
    : value,
) as ScenarioInput;

export default defineScenario({
  ...orders,
  name: 'orders-container',
  description: 'orders, on a Postgres 15 in a container.',
  production: { ...orders.production, version: 15 },
  environment: {
    ...orders.environment,
    database: {
      ...orders.environment.database,
      // Built by docker/build.sh from Debian's packages, for machines without a registry. Elsewhere: postgres:17.
      provide: { container: { image: 'dten/postgres:15' } },
    },
  },
});
