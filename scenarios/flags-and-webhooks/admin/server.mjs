// Stands for what a release touches besides its own database: a flag service (it speaks OpenFeature's OFREP), the
// webhooks of a payment provider (a paged list), and a vault that mints database roles with a lease. In memory,
// but for the roles, which are real.
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import pg from 'pg';

const token = process.env.ADMIN_TOKEN;
const pageSize = 2;

const flags = new Map([
  ['multi-currency', false],
  ['dark-mode', true],
]);
const webhooks = new Map(
  ['https://books.example/hooks', 'https://crm.example/hooks', 'https://fraud.example/hooks'].map(
    (url, i) => [
      `wh_${i + 1}`,
      { id: `wh_${i + 1}`, url, events: ['invoice.created'], secret: randomUUID(), deliveredAt: null },
    ],
  ),
);
let lastHook = webhooks.size;
const leases = new Map();

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 2 });
pool.on('error', (error) => log(`idle connection lost: ${error.message}`));
// Webhooks are delivered all the time: a field that moves by itself, which a probe has to leave out.
const deliveries = setInterval(() => {
  for (const hook of webhooks.values()) hook.deliveredAt = new Date().toISOString();
}, 50);

const routes = [
  ['GET', /^\/healthz$/, () => [200, {}]],
  // OpenFeature Remote Evaluation Protocol: all flags for one context.
  [
    'POST',
    /^\/ofrep\/v1\/evaluate\/flags$/,
    () => [
      200,
      {
        flags: [...flags].map(([key, value]) => ({
          key,
          value,
          variant: value ? 'on' : 'off',
          reason: 'STATIC',
        })),
      },
    ],
  ],
  [
    'PUT',
    /^\/flags\/([^/]+)$/,
    ({ params: [key], body }) => {
      if (!flags.has(key) || typeof body?.enabled !== 'boolean')
        return [400, { error: 'which flag, on or off?' }];
      flags.set(key, body.enabled);
      return [200, { key, enabled: body.enabled }];
    },
  ],
  [
    'GET',
    /^\/webhooks$/,
    ({ query }) => {
      const all = [...webhooks.values()];
      const from = Number(query.get('cursor') ?? 0);
      const next = from + pageSize < all.length ? from + pageSize : null;
      return [200, { data: all.slice(from, from + pageSize), next, total: all.length }];
    },
  ],
  [
    'POST',
    /^\/webhooks$/,
    ({ body }) => {
      const hook = { id: `wh_${++lastHook}`, ...body, secret: randomUUID(), deliveredAt: null };
      webhooks.set(hook.id, hook);
      return [201, hook];
    },
  ],
  ['DELETE', /^\/webhooks\/([^/]+)$/, ({ params: [id] }) => (webhooks.delete(id) ? [204] : [404, {}])],
  ['GET', /^\/leases$/, () => [200, { leases: [...leases.values()] }]],
  [
    'POST',
    /^\/credentials\/([a-z-]+)$/,
    async ({ params: [purpose] }) => {
      const role = `v-${purpose}-${randomUUID().slice(0, 8)}`;
      await pool.query(`create role "${role}" login password '${randomUUID()}' valid until '2099-01-01'`);
      const lease = { id: `database/creds/${purpose}/${randomUUID()}`, ttl: 3600, data: { username: role } };
      leases.set(lease.id, lease);
      return [201, lease];
    },
  ],
  // Revoking takes both away: the lease, and the role that it stands for.
  [
    'DELETE',
    /^\/leases\/(.+)$/,
    async ({ params: [id] }) => {
      const lease = leases.get(id);
      if (!lease) return [404, {}];
      await pool.query(`drop role if exists "${lease.data.username}"`);
      leases.delete(id);
      return [204];
    },
  ],
];

async function answer(request) {
  const url = new URL(request.url, 'http://admin');
  if (url.pathname !== '/healthz' && request.headers.authorization !== `Bearer ${token}`) {
    return [401, { error: 'who are you?' }];
  }
  for (const [method, path, handle] of routes) {
    const match = request.method === method ? path.exec(url.pathname) : null;
    if (!match) continue;
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return handle({ params: match.slice(1).map(decodeURIComponent), query: url.searchParams, body });
  }
  return [404, { error: 'no such page' }];
}

const server = createServer((request, response) => {
  answer(request)
    .catch((error) => {
      log(error.stack);
      return [500, { error: error.message }];
    })
    .then(([status, payload]) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(payload === undefined ? '' : JSON.stringify(payload));
    });
});
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    clearInterval(deliveries);
    server.close(() => void pool.end());
    server.closeIdleConnections();
  });
}
server.listen(Number(process.env.PORT ?? 8081), process.env.HOST ?? '127.0.0.1', () => {
  log(`listening on port ${server.address().port}`);
});

function log(line) {
  process.stdout.write(`${line}\n`);
}
