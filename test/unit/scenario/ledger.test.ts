import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../../src/foundation/errors.js';
import { loadScenario } from '../../../src/scenario/load-scenario.js';
import { problemsOf, shopWith } from './support.js';

const capture = '      capture: { order: $.id }\n';
const good = {
  entity: 'order',
  op: 'create',
  key: '$.id',
  values: { customer: '${request.json.customer}' },
  find: 'select id, customer from orders where id = any($1)',
};

/** The fixture `shop` with a ledger at create order, and more at the end. */
function shop(ledger: object, more: object = {}): Promise<string> {
  const rest = Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  return shopWith(
    [capture, `${capture}      ledger: ${JSON.stringify(ledger)}\n`],
    ['timeline:', `${rest.join('')}timeline:`],
  );
}

async function wrong(...of: Parameters<typeof shop>): Promise<string> {
  return (await problemsOf(await shop(...of))).map(formatProblem).join('\n');
}

describe('the ledger of a scenario', () => {
  it('is right as written in the docs', async () => {
    const { scenario } = await loadScenario(
      await shop(good, {
        ledger: {
          entities: { order: { expires: '10m', role: 'shop' } },
          invariants: { 'no order without customer': { sql: 'select 1 from orders where customer is null' } },
        },
      }),
    );
    expect(scenario.ledger?.entities.order?.expires).toBe(600_000);
    expect(scenario.ledger?.invariants['no order without customer']?.expect).toBe('nothing');
  });

  it('takes the find from its entity, and one over HTTP', async () => {
    const { find, ...without } = good;
    expect(await wrong(without, { ledger: { entities: { order: { find } } } })).toBe('');
    expect(await wrong({ ...without, find: { http: '/orders/${key}', json: '$.order' } })).toBe('');
  });

  it.each<[string, object, object, RegExp]>([
    [
      'nothing to find it by',
      { ...good, find: undefined },
      {},
      /ledger: nothing says how to find order again/,
    ],
    [
      'an entity that is not there',
      { ...good, entity: 'ordr', find: undefined },
      { ledger: { entities: { order: { find: good.find } } } },
      /there is no entity "ordr", and no find\n\s+did you mean "order"/,
    ],
    [
      'a column that find does not return',
      { ...good, values: { custmer: 1 } },
      {},
      /find of order returns no column "custmer"\n\s+did you mean "customer"/,
    ],
    [
      'a key that find does not return',
      { ...good, find: 'select customer from orders where id = any($1)' },
      {},
      /find of order does not return its key, "id"/,
    ],
    [
      'a find without keys',
      { ...good, find: 'select id, customer from orders' },
      {},
      /parameters up to \$0, and values has 1/,
    ],
    ['a find that does not parse', { ...good, find: 'selec id' }, {}, /find: SQL: syntax error/],
    [
      'an HTTP find without the key',
      { ...good, find: { http: '/orders' } },
      {},
      /"\/orders" is no path with a place for the key/,
    ],
    [
      'a source that there is not',
      { ...good, key: '${request.body}' },
      {},
      /ledger\.key: template: unknown name request\.body in the ledger/,
    ],
    ['a path that cannot be read', { ...good, key: '$.id[*]' }, {}, /cannot read "\[\*\]"/],
    ['a key that is always the same', { ...good, key: 'id' }, {}, /every write would have the key "id"/],
    ['values of a delete', { ...good, op: 'delete' }, {}, /a delete leaves no values/],
    [
      'two ways to find one entity',
      good,
      { ledger: { entities: { order: { find: 'select * from orders where id = any($1)' } } } },
      /order is found another way elsewhere/,
    ],
    [
      'an entity that nobody writes',
      good,
      { ledger: { entities: { ordr: {} } } },
      /no endpoint writes "ordr"\n\s+did you mean "order"/,
    ],
    [
      'a cascade from nowhere',
      good,
      { ledger: { entities: { order: { cascade: { from: 'customer', by: 'custoner' } } } } },
      /no endpoint writes "customer"[^]*no endpoint says the custoner of order\n\s+did you mean "customer"/,
    ],
    ['a role', good, { ledger: { entities: { order: { role: 'shp' } } } }, /there is no database role "shp"/],
    [
      'an invariant that is no SQL',
      good,
      { ledger: { invariants: { x: { sql: 'orders.sql' } } } },
      /expected SQL, got the name of a file/,
    ],
  ])('%s', async (_what, ledger, more, expected) => {
    expect(await wrong(ledger, more)).toMatch(expected);
  });

  it('an SQL endpoint says how many rows it must touch', async () => {
    const folder = await shopWith([
      '    read order:',
      `    touch:
      sql: { text: update orders set customer = 1 where id = $1, values: [1] }
      ledger: { entity: order, op: update, key: '\${request.values.1}', find: 'select id from orders where id = any($1)' }
    read order:`,
    ]);
    expect((await problemsOf(folder)).map(formatProblem).join()).toMatch(/expect: \{ rows: 1 \}/);
  });

  it('an SQL endpoint’s answer is a list of rows: a path into one object finds nothing in it', async () => {
    const folder = await shopWith([
      '    read order:',
      `    add:
      sql: { text: insert into orders (customer) values (1) returning id }
      expect: { rows: 1, json: { $.customer: 1 } }
      capture: { order: $.id }
      ledger: { entity: order, op: create, key: $.id, values: { customer: '$[0].customer' }, find: 'select id, customer from orders where id = any($1)' }
    read order:`,
    ]);
    const problems = (await problemsOf(folder)).map(formatProblem).join('\n');
    expect(problems.match(/is a list of rows/g)).toHaveLength(3);
    expect(problems).toMatch(/ledger\.key: .*which has no id\n\s+of its first row: \$\[0\]\.id/);
    expect(problems).toMatch(/capture\.order: .*which has no id/);
    expect(problems).toMatch(/which has no customer/);
  });

  it('a discard is a table or a column', async () => {
    const folder = await shopWith(['rollback:\n', "rollback:\n  discards: ['orders.status', 'a.b.c.d']\n"]);
    expect((await problemsOf(folder)).map(formatProblem).join()).toMatch(
      /discards\[1\]: "a\.b\.c\.d" is no table and no column/,
    );
  });
});
