import type { Warning, WarningInput } from './warning.js';

/** A read that may answer 404 passes when its row has vanished: of rows in the ledger, reads should expect 200. */
export function warnHiddenRows({ plan }: WarningInput): Warning[] {
  const endpoints = Object.entries(plan.scenario.traffic.endpoints);
  const ledgered = new Set(
    endpoints.flatMap(([, { ledger, capture }]) => (ledger ? Object.keys(capture) : [])),
  );
  return endpoints.flatMap(([name, { request, expect }]): Warning[] => {
    const statuses = [expect.status ?? []].flat();
    const pool = [...ledgered].find((one) => request?.path.includes(`\${seen.${one}}`));
    if (pool === undefined || !statuses.includes(404)) return [];
    return [
      {
        path: ['traffic', 'endpoints', name, 'expect', 'status'],
        message: `reads ${pool}, which the ledger follows, and takes 404 for an answer: a vanished row would not be an error`,
        hint: 'expect: { status: 200 }',
      },
    ];
  });
}
