import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/foundation/errors.js';
import { fixtures, problemsOf, shopWith, tempFolder } from './support.js';

describe('a scenario with many slips', () => {
  it('has every problem reported at once, in the order of its lines', async () => {
    const problems = await problemsOf(join(fixtures, 'broken'));
    expect(problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
      '2:1 descripton',
      '5:14 environment.database.provide',
      '8:12 environment.data[0].sql',
      '10:26 environment.data[1].rows.orders.count',
      '10:53 environment.data[1].rows.orders.columns.customer',
      '14:28 environment.services.shop.env.DATABASE_URL',
      '15:5 environment.services.worker',
      '17:9 traffic.rate',
      '18:3 traffic.conections',
      '22:24 traffic.endpoints["create order"].request.path',
      '22:51 traffic.endpoints["create order"].request.json.customer',
      '24:16 traffic.endpoints["read order"].service',
      '25:24 traffic.endpoints["read order"].request.path',
      '26:5 traffic.endpoints.both',
      '31:45 background.report.collide.step',
      '37:28 upgrade.steps[0].sql',
      '39:20 upgrade.steps[0].lockTimeout',
      '40:7 upgrade.steps[1]',
      '43:7 upgrade.steps[2].sql',
      '44:13 upgrade.steps[3].name',
      '47:25 objectives.latency[0].endpoint',
      '47:50 objectives.latency[0].p97',
      '48:29 objectives.locks.forbid[0].mode',
      '50:77 waivers[0].until',
    ]);
    for (const problem of problems)
      expect(formatProblem(problem)).not.toMatch(/invalid[_ ]union|Invalid input/);
  });
});

/** One slip in the fixture `shop` → the one problem it makes. */
const slips: [what: string, from: string, to: string, expected: RegExp][] = [
  [
    'an unknown key',
    '  rate: 400/s',
    '  rat: 400/s',
    /22:3: traffic\.rat: unknown key "rat"\n\s+did you mean "rate"/,
  ],
  ['snake case', '  timeout: 5s', '  time_out: 5s', /did you mean "timeout"/],
  ['an unknown key in a step', 'lockTimeout: 300ms', 'lock_timeout: 300ms', /did you mean "lockTimeout"/],
  [
    'a wrong unit',
    '  timeout: 5s',
    '  timeout: 5sec',
    /23:12: traffic\.timeout: expected a duration such as 250ms, 5s, 10m or 1h, got "5sec"/,
  ],
  ['a duration without unit', '  timeout: 5s', '  timeout: 5', /expected a duration .*got 5$/],
  ['a rate without unit', 'rate: 400/s', 'rate: 400', /expected a rate such as 400\/s or 600\/m, got 400/],
  ['a rate of nothing', 'rate: 400/s', 'rate: 0/s', /the rate must be above 0/],
  ['a ratio above one', 'ratio: 0.1%', 'ratio: 5', /expected a ratio such as 0\.1% or 0\.001, got 5/],
  ['a size without unit', 'size: 210GB', 'size: 210', /expected a size such as 64MB or 210GB, got 210/],
  [
    'a count that is none',
    'count: 1_000',
    'count: 1e3x',
    /expected a whole number such as 5000 or 1_000_000, got "1e3x"/,
  ],
  ['a mapping for a unit', '  timeout: 5s', '  timeout: { of: 5s }', /expected a duration .*got a mapping/],
  ['an empty value', '  timeout: 5s', '  timeout:', /expected a duration .*got nothing \(null\)/],
  [
    'an enum value',
    'kind: longTransaction',
    'kind: long',
    /unknown|expected query or longTransaction or idleInTransaction, got "long"\n\s+did you mean "longTransaction"/,
  ],
  ['a lock mode', 'AccessExclusiveLock', 'AccessExclusif', /did you mean "AccessExclusiveLock"/],
  [
    'a provider',
    'provide: embedded',
    'provide: { contaner: { image: x } }',
    /expected one of container, external, got unknown key "contaner"\n\s+did you mean "container"/,
  ],
  [
    'a step without action',
    'sql: migrations/002.up.sql',
    'sq: migrations/002.up.sql',
    /expected one of sql, command, service, http, wait, check, got unknown key "sq"\n\s+did you mean "sql"/,
  ],
  [
    'a step with two actions',
    'sql: migrations/002.up.sql',
    'sql: migrations/002.up.sql\n      wait: 1s',
    /expected one of .*, got sql and wait at once/,
  ],
  [
    'a wrong type inside a step',
    'retries: 20',
    'retries: many',
    /upgrade\.steps\[0\]\.retries: expected a number, got "many"/,
  ],
  ['too many retries', 'retries: 20', 'retries: 5000', /expected at most 1000, got 5000/],
  [
    'a step without name',
    '    - name: roll to 2.0\n      service',
    '    - service',
    /upgrade\.steps\[1\]\.name: missing: expected a text/,
  ],
  ['a column generator', '{ int: [1, 5000] }', '{ it: [1, 5000] }', /did you mean "int"/],
  ['a column generator’s value', '{ int: [1, 5000] }', '{ int: 5000 }', /expected a list of 2 values/],
  ['a data entry', '    - sql: seed.sql', '    - sqll: seed.sql', /expected one of sql, rows/],
  [
    'a service of no kind',
    '      command: [node, server.mjs]\n',
    '',
    /exactly one of command, image, url; this one has none/,
  ],
  [
    'a service of two kinds',
    '      command: [node, server.mjs]',
    '      command: [node, server.mjs]\n      image: x',
    /this one has command and image/,
  ],
  [
    'a regular expression',
    'ready: { http: /healthz }',
    "ready: { log: 'listening (on' }",
    /Invalid regular expression/,
  ],
  ['a readiness path', 'ready: { http: /healthz }', 'ready: { http: healthz }', /is not a path/],
  [
    'an unknown service',
    '      weight: 7',
    '      weight: 7\n      service: shp',
    /there is no service "shp"\n\s+did you mean "shop"/,
  ],
  [
    'an endpoint without request',
    "      request: { path: '/orders/${seen.order}' }\n",
    '',
    /exactly one of request, sql; this one has none/,
  ],
  [
    'a role',
    'lockTimeout: 300ms',
    'role: migrater',
    /there is no database role "migrater"\n\s+did you mean "migrator"/,
  ],
  [
    'a role in a template',
    '${database.url.shop}',
    '${database.url.shopp}',
    /there is no database role "shopp"\n\s+did you mean "shop"/,
  ],
  [
    'a service in a template',
    "path: '/orders/${seen.order}'",
    "path: '/${service.sho.url}/${seen.order}'",
    /there is no service "sho"/,
  ],
  [
    'an unknown function',
    '${random.int(1,5000)}',
    '${randm.int(1,5000)}',
    /27:66: .*template: unknown name randm\.int/,
  ],
  [
    'a pool that nothing fills',
    '${seen.order}',
    '${seen.ordr}',
    /nothing fills the pool "ordr"\n.*did you mean "order"/,
  ],
  [
    'a pool only its own users fill',
    '      capture: { order: $.id }\n',
    '',
    /nothing fills the pool "order"/,
  ],
  [
    'random values in a service',
    "RELEASE: '1.0' }\n",
    "RELEASE: '${random.hex(4)}' }\n",
    /random\.… is not there in a service/,
  ],
  [
    'seen values in a row',
    "'row ${row} ${random.hex(4)}'",
    "'${seen.order}'",
    /seen\.order is not there in a generated row/,
  ],
  ['rows in a request', '${random.int(1,5000)}', '${row}', /row is not there in a request/],
  ['a capture path', 'order: $.id', 'order: id', /a path starts with \$/],
  ['an expected path', 'expect: { status: 200 }', "expect: { json: { '$.items[*].id': 1 } }", /cannot read/],
  [
    'an expected template',
    'expect: { status: 200 }',
    "expect: { json: { $.id: '${seen.order}' } }",
    /only \$\{request\.id\} alone is one/,
  ],
  [
    'a status',
    'expect: { status: 200 }',
    'expect: { status: ok }',
    /expected a number, or a list of number, got "ok"/,
  ],
  [
    'rows of a request',
    'expect: { status: 200 }',
    'expect: { rows: 1 }',
    /rows is not for request endpoints/,
  ],
  [
    'json and body',
    "json: { customer: '${random.int(1,5000)}' }",
    'json: {}, body: x',
    /json or body, not both/,
  ],
  [
    'a collision’s step',
    'step: upgrade.add status',
    'step: upgrade.add statu',
    /there is no step "upgrade\.add statu"\n\s+did you mean "upgrade\.add status"/,
  ],
  [
    'a collision that ends too early',
    'startBefore: 1s, holdFor: 5s }',
    'startBefore: 5s, holdFor: 1s }',
    /ends before its step begins/,
  ],
  [
    'a variant’s step',
    'from: upgrade.roll to 2.0',
    'from: upgrade.roll to 2',
    /did you mean "upgrade\.roll to 2\.0"/,
  ],
  [
    'a variant that is never active',
    'until: rollback.roll to 1.0',
    'until: upgrade.add status',
    /would never be active/,
  ],
  [
    'a variant of another kind',
    'request: { method: POST, path: /orders, json: { customer: 7, status: paid } }',
    'sql: { text: select 1 }',
    /a variant of a request endpoint has a request, not sql/,
  ],
  ['an objective’s endpoint', "endpoint: '*'", 'endpoint: read ordr', /did you mean "read order"/],
  [
    'an objective’s step',
    'upgrade.add status: 1m',
    'upgrade.ad status: 1m',
    /objectives\.steps.*there is no step "upgrade\.ad status"/,
  ],
  ['an objective that limits nothing', 'p99: 250ms, ', '', /limits nothing/],
  ['a percentile there is not', 'p99: 250ms', 'p9: 250ms', /unknown key "p9"\n.*p99\.9/],
  [
    'a waiver’s date',
    'objectives:\n',
    'waivers: [{ finding: latency, reason: we know this, until: 2026-02-30 }]\nobjectives:\n',
    /"2026-02-30" is not a date/,
  ],
  [
    'a waiver’s finding',
    'objectives:\n',
    'waivers: [{ finding: forbiden-lock, reason: we know this }]\nobjectives:\n',
    /waivers\[0\]\.finding.*\n?.*did you mean "forbidden-lock"/,
  ],
  [
    'a waiver of all that is left behind',
    'objectives:\n',
    'waivers: [{ finding: residue, reason: we know this }]\nobjectives:\n',
    /waivers\[0\]\.finding.*waives whatever is left behind.*\n.*path: webhooks\/42/,
  ],
  [
    'a waiver’s step',
    'objectives:\n',
    'waivers: [{ finding: latency, reason: we know this, step: ad status }]\nobjectives:\n',
    /did you mean "add status"/,
  ],
  [
    'a job that never runs',
    '    collide:\n      - { step: upgrade.add status, startBefore: 1s, holdFor: 5s }\n      - { step: drop status, startBefore: 1s, holdFor: 5s }\n',
    '',
    /never runs/,
  ],
  [
    'SQL in a job',
    'sql: select count(*) from orders',
    'sql: select cont(* from orders',
    /background\.report\.sql: SQL: syntax error/,
  ],
  [
    'a file in a job',
    'sql: select count(*) from orders',
    'sql: report.sql',
    /expected SQL, got the name of a file/,
  ],
  [
    'a missing SQL file',
    'sql: migrations/002.up.sql',
    'sql: migrations/02.up.sql',
    /there is no file .*02\.up\.sql\n.*did you mean "002\.up\.sql"/,
  ],
  [
    'a missing data file',
    '- sql: seed.sql',
    '- sql: sed.sql',
    /there is no file .*sed\.sql\n.*did you mean "seed\.sql"/,
  ],
  [
    'a step of no boundary',
    '      transaction: statement\n      lockTimeout: 300ms\n      retries: 20\n    - name: roll',
    '    - name: roll',
    /upgrade\.steps\[0\]\.sql: does not say where its transactions end/,
  ],
  [
    'a section of inline SQL',
    'sql: migrations/002.up.sql',
    'sql: select 1\n      section: up',
    /inline SQL has no sections/,
  ],
  ['an empty SQL step', 'sql: migrations/002.up.sql', "sql: '-- nothing'", /holds no statement/],
  [
    'a duplicate step',
    'name: roll to 2.0',
    'name: add status',
    /step 1 of the upgrade is called "add status" too/,
  ],
  [
    'a service step’s service',
    "service: { shop: { env: { RELEASE: '2.0' } } }",
    "service: { shp: { env: { RELEASE: '2.0' } } }",
    /there is no service "shp"/,
  ],
  [
    'a service step without change',
    "service: { shop: { env: { RELEASE: '2.0' } } }",
    'service: { shop: {} }',
    /changes nothing/,
  ],
  [
    'a folder',
    'command: [node, server.mjs]',
    'command: [node, server.mjs]\n      cwd: ap',
    /there is no folder/,
  ],
  ['a name that cannot be a folder', 'name: shop', 'name: my shop', /name: expected letters, digits/],
];

describe('one slip', () => {
  it.each(slips)('%s', async (_what, from, to, expected) => {
    const problems = await problemsOf(await shopWith([from, to]));
    expect(problems.map(formatProblem).join('\n')).toMatch(new RegExp(expected.source, 'm'));
    expect(problems.every(({ line, column }) => line !== undefined && column !== undefined)).toBe(true);
  });

  it('in an SQL file has that file’s line', async () => {
    const folder = await shopWith();
    await writeFile(
      join(folder, 'migrations/002.up.sql'),
      'select 1;\n\nalter tabel orders add column x int;\n',
    );
    const [problem] = await problemsOf(folder);
    expect(problem).toMatchObject({ line: 3, column: 7, path: 'upgrade.steps[0].sql' });
    expect(problem?.file).toMatch(/002\.up\.sql$/);
  });

  it('psql in a step: says to run psql', async () => {
    const folder = await shopWith();
    await writeFile(join(folder, 'migrations/002.up.sql'), '\\set x 1\nselect :x;\n');
    const problems = await problemsOf(folder);
    expect(problems[0]?.hint).toContain('command: [psql');
  });

  it('own BEGIN and COMMIT, or a tool’s marker, say where transactions end', async () => {
    const folder = await shopWith([
      '      transaction: statement\n      lockTimeout: 300ms\n      retries: 20\n    - name: roll',
      '    - name: roll',
    ]);
    await writeFile(join(folder, 'migrations/002.up.sql'), 'begin;\nselect 1;\ncommit;\n');
    expect(await problemsOf(folder)).toEqual([]);
    await writeFile(
      join(folder, 'migrations/002.up.sql'),
      '-- migrate:up\nselect 1;\n-- migrate:down\nselect 2;\n',
    );
    await writeFile(
      join(folder, 'scenario.yaml'),
      (await import('node:fs'))
        .readFileSync(join(folder, 'scenario.yaml'), 'utf8')
        .replace('002.up.sql', '002.up.sql\n      section: up'),
    );
    expect(await problemsOf(folder)).toEqual([]);
  });

  it('without a database every part that needs one says so', async () => {
    const folder = await shopWith([
      '  database:\n    provide: embedded\n    settings: { max_connections: 100 }\n    roles: { shop: { settings: { statement_timeout: 5s } }, migrator: { owns: [public] } }\n',
      '',
    ]);
    const problems = await problemsOf(folder);
    expect(
      problems
        .filter(({ message }) => message.includes('environment.database is missing'))
        .map(({ path }) => path),
    ).toEqual([
      'environment.data[0]',
      'environment.data[1]',
      'background.report',
      'upgrade.steps[0].sql',
      'rollback.steps[1].sql',
    ]);
  });

  it('a sql endpoint: parameters and statements are counted', async () => {
    const edit = (sql: string): [string, string] => [
      "request: { path: '/orders/${seen.order}' }\n      expect: { status: 200 }",
      `sql: ${sql}`,
    ];
    const messages = async (sql: string) =>
      (await problemsOf(await shopWith(edit(sql)))).map(({ message }) => message);
    expect(await messages('{ text: select $1::int + $2::int, values: [1] }')).toEqual([
      'the statement has parameters up to $2, and values has 1',
    ]);
    expect(await messages('{ text: "select \'$9\', $1::int", values: [1] }')).toEqual([]);
    expect(await messages('{ text: select 1; select 2 }')).toEqual(['expected one statement, got 2']);
    expect(await messages('{ text: selec 1 }')).toEqual([expect.stringContaining('syntax error')]);
  });

  it('two endpoints that wait for each other’s pools never start', async () => {
    const folder = await shopWith(
      ["json: { customer: '${random.int(1,5000)}' }", "json: { after: '${seen.other}' }"],
      [
        'request: { method: POST, path: /orders, json: { customer: 7, status: paid } }',
        "request: { path: '/${seen.order}' }",
      ],
      ['      expect: { status: 200 }', '      expect: { status: 200 }\n      capture: { other: $.id }'],
    );
    const problems = await problemsOf(folder);
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('the pool "other" stays empty'),
      expect.stringContaining('the pool "order" stays empty'),
      expect.stringContaining('the pool "order" stays empty'),
    ]);
    const fixed = await shopWith([
      '  timeout: 5s',
      '  timeout: 5s\n  pools: { order: { sql: select id from orders } }',
    ]);
    expect(await problemsOf(fixed)).toEqual([]);
  });
});

describe('a file that cannot be walked', () => {
  const written = async (name: string, content: string | Buffer): Promise<string[]> => {
    const file = join(await tempFolder(), name);
    await writeFile(file, content);
    return (await problemsOf(file)).map(({ line, column, path, message }) =>
      [
        ...(line === undefined ? [] : [`${line}:${column}`]),
        ...(path === undefined ? [] : [path]),
        message,
      ].join(' '),
    );
  };

  it('an alias to the mapping around it', async () => {
    expect(await written('scenario.yaml', 'name: x\nproduction: &all\n  tables: *all\n')).toEqual([
      '3:11 production.tables contains itself',
    ]);
  });

  it('an object of TypeScript that holds itself, or cannot be read', async () => {
    const cyclic = 'const s: any = { name: "x" };\ns.traffic = { pools: [s] };\nexport default s;\n';
    expect(await written('scenario.ts', cyclic)).toEqual(['traffic.pools[0] contains itself']);
    const getter = 'export default { get name() { throw new Error("no name today"); } };\n';
    expect(await written('scenario.ts', getter)).toEqual(['name cannot be read: no name today']);
  });

  it('the same part in two places is no cycle', async () => {
    const folder = await shopWith([
      '  timeout: 5s',
      '  timeout: 5s\n  pools: { order: &pool { sql: select id from orders }, other: *pool }',
    ]);
    expect(await problemsOf(folder)).toEqual([]);
  });

  it('an alias without an anchor, an unknown tag, a second document: each with its place', async () => {
    expect(await written('scenario.yaml', 'name: x\nseed: *nowhere\n')).toEqual([
      '2:7 Unresolved alias (the anchor must be set before the alias): nowhere',
    ]);
    expect(await written('scenario.yaml', 'name: !secret x\n')).toEqual(['1:7 Unresolved tag: !secret']);
    expect(await written('scenario.yaml', 'name: x\n---\nname: y\n')).toEqual([
      '2:1 a second document begins here',
    ]);
  });

  it('bytes that are no UTF-8', async () => {
    expect(await written('scenario.yaml', Buffer.from('name: caf\u00e9\n', 'latin1'))).toEqual([
      'is not UTF-8 text',
    ]);
    expect(await written('scenario.yaml', Buffer.from('\ufeffname: x\n', 'utf16le'))).toEqual([
      'is not UTF-8 text',
    ]);
  });

  it('a whole number is asked for as one', async () => {
    const [problem] = await problemsOf(await shopWith(['  rate: 400/s', '  rate: 400/s\n  workers: 1.5']));
    expect(problem?.message).toBe('expected a whole number, got 1.5');
  });
});
