// A small shop. Release 1.0 knows when an order was paid and shipped; release 2.0 also writes and reads
// orders.status, which exists once the upgrade has added it. RELEASE decides; both run side by side in a roll.
import { createServer } from 'node:http';
import pg from 'pg';

const release = process.env.RELEASE ?? '1.0';
const writesStatus = release === '2.0';

// pg keeps int8 as text by default; order ids stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 10,
  // A request that gets no connection in this time is answered with 503 instead of piling up.
  connectionTimeoutMillis: 2_000,
  idleTimeoutMillis: 60_000,
});
// An idle connection that the server closed: the pool drops it, the next request opens another.
pool.on('error', (error) => log(`idle connection lost: ${error.message}`));

// Columns are named, never "*": a prepared "select *" fails with "cached plan must not change result type" once a
// column is added. Each statement has a name, so that pg prepares it once a connection, as production does.
const columns = `id, customer_id, amount_cents, created_at, paid_at, shipped_at${writesStatus ? ', status' : ''}`;
const statements = {
  create: {
    name: 'create-order',
    text: writesStatus
      ? 'insert into orders (customer_id, amount_cents, status) values ($1, $2, $3) returning id'
      : 'insert into orders (customer_id, amount_cents) values ($1, $2) returning id',
  },
  read: { name: 'read-order', text: `select ${columns} from orders where id = $1` },
  list: {
    name: 'list-orders',
    text: `select ${columns} from orders where customer_id = $1 order by created_at desc limit 20`,
  },
  pay: {
    name: 'pay-order',
    text: writesStatus
      ? `update orders set paid_at = now(), status = case when shipped_at is null then 'paid' else 'shipped' end
         where id = $1 returning id`
      : 'update orders set paid_at = now() where id = $1 returning id',
  },
};

function run(statement, values) {
  return pool.query({ ...statement, values });
}

const routes = [
  {
    method: 'GET',
    path: /^\/healthz$/,
    async handle() {
      await pool.query('select 1');
      return [200, { release }];
    },
  },
  {
    method: 'POST',
    path: /^\/orders$/,
    async handle({ body }) {
      const { customer, amount, status = 'open' } = body;
      if (!Number.isInteger(customer) || !Number.isInteger(amount)) {
        return [400, { error: 'customer and amount must be whole numbers' }];
      }
      const values = writesStatus ? [customer, amount, status] : [customer, amount];
      const { rows } = await run(statements.create, values);
      return [201, { id: rows[0].id }];
    },
  },
  {
    method: 'GET',
    path: /^\/orders\/(\d+)$/,
    async handle({ params }) {
      const { rows } = await run(statements.read, params);
      return rows.length === 1 ? [200, asOrder(rows[0])] : [404, { error: 'no such order' }];
    },
  },
  {
    method: 'GET',
    path: /^\/orders$/,
    async handle({ query }) {
      const customer = Number(query.get('customer'));
      if (!Number.isInteger(customer)) return [400, { error: 'which customer?' }];
      const { rows } = await run(statements.list, [customer]);
      return [200, { orders: rows.map(asOrder) }];
    },
  },
  {
    method: 'PATCH',
    path: /^\/orders\/(\d+)$/,
    async handle({ params, body }) {
      if (body.paid !== true) return [400, { error: 'an order can only be paid' }];
      const { rows } = await run(statements.pay, params);
      return rows.length === 1 ? [200, { id: rows[0].id }] : [404, { error: 'no such order' }];
    },
  },
];

function asOrder(row) {
  // Release 1.0 has no status, and rows that the backfill has not reached have none yet: worked out as it would.
  const workedOut = row.shipped_at ? 'shipped' : row.paid_at ? 'paid' : 'open';
  return {
    id: row.id,
    customer: row.customer_id,
    amount: row.amount_cents,
    createdAt: row.created_at,
    status: row.status ?? workedOut,
  };
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function answer(request) {
  const url = new URL(request.url, 'http://shop');
  for (const { method, path, handle } of routes) {
    const match = request.method === method ? path.exec(url.pathname) : null;
    if (!match) continue;
    let body;
    try {
      body = await readJson(request);
    } catch {
      return [400, { error: 'the body is not JSON' }];
    }
    return handle({ params: match.slice(1), query: url.searchParams, body });
  }
  return [404, { error: 'no such page' }];
}

/** Overload and a database that says "not now" are 503: the client may try again. Anything else is our bug: 500. */
function failure(error) {
  const poolTimedOut = error.message === 'timeout exceeded when trying to connect';
  // 57014 statement_timeout, 55P03 lock_timeout, 40P01 deadlock, 53xxx out of connections or memory.
  const notNow = poolTimedOut || /^(57014|55P03|40P01|53...|57P0.)$/.test(error.code ?? '');
  if (!notNow) log(error.stack);
  return [notNow ? 503 : 500, { error: error.message }];
}

let stopping = false;

const server = createServer((request, response) => {
  answer(request)
    .catch(failure)
    .then(([status, payload]) => {
      const json = JSON.stringify(payload);
      response.writeHead(status, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(json),
        ...(stopping && { connection: 'close' }),
      });
      response.end(json);
    });
});
// Longer than any client keeps an idle connection, so that the client closes first and no request meets a close.
server.keepAliveTimeout = 75_000;

// Graceful: take no new connection, finish what is under way, then let go of the database.
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    stopping = true;
    server.close(() => void pool.end().then(() => log('stopped')));
    server.closeIdleConnections();
  });
}

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  log(`release ${release} listens on port ${server.address().port}`);
});

function log(line) {
  process.stdout.write(`${line}\n`);
}
