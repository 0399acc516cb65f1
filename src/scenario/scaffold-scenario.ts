/** The text of a new scenario. */
export function scaffoldScenario(name: string): string {
  return `# Run it:       dten rehearse .
# Check it:     dten validate .
# See the plan: dten rehearse . --dry-run
name: ${JSON.stringify(name)}
description: Adds a nullable column while orders come in, and takes it away again.

# What this stands for. Statements that scan or rewrite a table are judged at this size.
production:
  longestTransaction: 3s
  tables:
    orders: { rows: 20_000_000, size: 3GB }

environment:
  database:
    provide: embedded # a real Postgres; or container: { image: postgres:17 }, or external: { urlFrom: DATABASE_URL }
    roles:
      app: { settings: { statement_timeout: 5s } }
      migrator: { owns: [public] }
  data:
    - sql: seed.sql
    - rows:
        orders:
          count: 50_000
          columns:
            customer: { int: [1, 1000] }
            amount_cents: { int: [100, 25000] }
  # A program under rehearsal; its endpoints then have \`request:\` instead of \`sql:\`.
  # services:
  #   shop:
  #     command: [node, server.mjs] # listens on $PORT
  #     env: { DATABASE_URL: '\${database.url.app}' }
  #     ready: { http: /healthz }

traffic:
  rate: 150/s # requests start on this schedule whatever the system does, as users do
  connections: 16
  timeout: 5s
  pools:
    order: { sql: select id from orders order by id desc limit 500 }
  endpoints:
    create order:
      weight: 3
      sql:
        text: insert into orders (customer, amount_cents) values ($1, $2) returning id
        values: ['\${random.int(1, 1000)}', '\${random.int(100, 25000)}']
      capture: { order: '$[0].id' }
      # What the new release will write. Without it, dropping the column again would prove nothing.
      variants:
        - from: upgrade.add note
          until: rollback.drop note
          share: 50%
          sql:
            text: insert into orders (customer, amount_cents, note) values ($1, $2, $3) returning id
            values: ['\${random.int(1, 1000)}', '\${random.int(100, 25000)}', '\${random.string(12)}']
          writes: [orders.note]
    read order:
      weight: 5
      sql: { text: 'select id, customer, amount_cents from orders where id = $1', values: ['\${seen.order}'] }
      expect: { rows: 1 }
    orders of a customer:
      weight: 4
      sql:
        text: select id, amount_cents from orders where customer = $1 order by id desc limit 20
        values: ['\${random.int(1, 1000)}']

background:
  # Somebody's report is still open when each ALTER comes. Left to luck the two would hardly ever meet.
  report:
    kind: longTransaction
    sql: select count(*) from orders
    collide:
      - { step: upgrade.add note, startBefore: 500ms, holdFor: 2s }
      - { step: rollback.drop note, startBefore: 500ms, holdFor: 2s }

timeline: { warmup: 3s, baseline: 8s, soak: 6s, recovery: 6s }

upgrade:
  steps:
    # Attempts at 0, 0.3 and 0.8 s meet the report, the one at 1.7 s does not.
    - name: add note
      sql: migrations/001_add_note.up.sql
      transaction: statement # each statement commits by itself; file: one transaction around them all
      lockTimeout: 100ms
      retries: 8
      retryDelay: 200ms

rollback:
  steps:
    - name: drop note
      sql: migrations/001_add_note.down.sql
      transaction: statement
      lockTimeout: 100ms
      retries: 8
      retryDelay: 200ms

objectives:
  latency: [{ endpoint: '*', p99: 250ms, over: 5s }] # in the worst five seconds
  errors: [{ endpoint: '*', ratio: 0.1%, over: 5s }]
  locks:
    longestWait: 500ms
    forbid: [{ mode: AccessExclusiveLock, heldLongerThan: 200ms }]
  window: { downtime: 2s, total: 2m }
`;
}
