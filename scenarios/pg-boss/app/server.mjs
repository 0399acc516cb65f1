// HTTP in front of pg-boss 9.0.3, used as a library: send, fetch and complete run the statements of its own source.
//
// boss.start() is not called. It would migrate the schema by itself, on the first process that starts, under whatever
// traffic there is; this rehearses the other way that pg-boss documents, its published SQL run ahead of the release.
// Until start() is called, pg-boss lets every function through, and none of those used here asks for the
// schema's version: the same process serves schema 19 (pg-boss 7.0 to 7.3) and 20 (7.4 to 9.0), as it must while
// the migration runs.
import { createServer } from 'node:http';
import pg from 'pg';
import PgBoss from 'pg-boss';

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 10,
  connectionTimeoutMillis: 2_000,
  idleTimeoutMillis: 60_000,
});
pool.on('error', (error) => log(`idle connection lost: ${error.message}`));

const boss = new PgBoss({
  schema: 'pgboss',
  db: { executeSql: (text, values) => pool.query(text, values) },
});

// Jobs this process has fetched and not completed, oldest first: what a worker is busy with, a second each.
const jobMs = 1_000;
const inHand = [];

const routes = [
  {
    method: 'GET',
    path: /^\/healthz$/,
    async handle() {
      await pool.query('select 1');
      return [200, {}];
    },
  },
  {
    // 201 with the job's id; 200 with null when a job with the same singletonKey is there already.
    method: 'POST',
    path: /^\/queues\/(\w+)$/,
    async handle([queue], { data = {}, options = {} }) {
      const id = await boss.send(queue, data, options);
      return [id === null ? 200 : 201, { id }];
    },
  },
  {
    method: 'POST',
    path: /^\/queues\/(\w+)\/fetch$/,
    async handle([queue]) {
      const job = await boss.fetch(queue);
      if (job === null) return [204];
      inHand.push({ id: job.id, untilMs: Date.now() + jobMs });
      return [200, { id: job.id, data: job.data }];
    },
  },
  {
    method: 'POST',
    path: /^\/jobs\/complete$/,
    async handle() {
      if (inHand.length === 0 || inHand[0].untilMs > Date.now()) return [204];
      const job = inHand.shift();
      try {
        const { updated } = await boss.complete(job.id, { ok: true });
        return [200, { id: job.id, updated }];
      } catch (error) {
        inHand.unshift(job);
        throw error;
      }
    },
  },
];

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

async function answer(request) {
  const { pathname } = new URL(request.url, 'http://jobs');
  for (const { method, path, handle } of routes) {
    const match = request.method === method ? path.exec(pathname) : null;
    if (!match) continue;
    let body;
    try {
      body = await readJson(request);
    } catch {
      return [400, { error: 'the body is not JSON' }];
    }
    return handle(match.slice(1), body);
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
      const json = payload === undefined ? '' : JSON.stringify(payload);
      response.writeHead(status, {
        ...(payload !== undefined && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(json),
        }),
        ...(stopping && { connection: 'close' }),
      });
      response.end(json);
    });
});
server.keepAliveTimeout = 75_000;

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    stopping = true;
    server.close(() => void pool.end().then(() => log('stopped')));
    server.closeIdleConnections();
  });
}

server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  log(`listening on port ${server.address().port}`);
});

function log(line) {
  process.stdout.write(`${line}\n`);
}
