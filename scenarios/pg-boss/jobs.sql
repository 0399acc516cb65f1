-- Half a day of finished jobs, which is when pg-boss archives them by default; a day of archived ones; and a short
-- queue. A pure function of the row number: every run starts from the same jobs.

insert into pgboss.job (id, name, data, state, startafter, startedon, createdon, completedon, singletonkey, output)
select
  md5('job ' || n)::uuid,
  (array['email', 'invoice', 'sync'])[1 + n % 3],
  jsonb_build_object('customer', n % 5000, 'note', md5(n::text)),
  (case when n % 100 = 0 then 'failed' else 'completed' end)::pgboss.job_state,
  created, created + interval '1 second', created, created + interval '2 seconds',
  case when n % 3 = 2 then 'customer ' || n % 5000 end,
  '{"ok": true}'
from generate_series(1, 300000) as n,
  lateral (select now() - interval '12 hours' * n / 300000.0 as created) as at;

insert into pgboss.archive (
  id, name, priority, data, state, retrylimit, retrycount, retrydelay, retrybackoff, startafter, startedon, expirein,
  createdon, completedon, keepuntil, on_complete, output, archivedon
)
select
  md5('archived job ' || n)::uuid,
  (array['email', 'invoice', 'sync'])[1 + n % 3],
  0,
  jsonb_build_object('customer', n % 5000, 'note', md5(n::text)),
  'completed', 0, 0, 0, false,
  created, created + interval '1 second', interval '15 minutes',
  created, created + interval '2 seconds', created + interval '14 days', false,
  '{"ok": true}',
  created + interval '12 hours'
from generate_series(1, 100000) as n,
  lateral (select now() - interval '1 day' - interval '1 day' * n / 100000.0 as created) as at;

insert into pgboss.job (id, name, data)
select
  md5('queued job ' || n)::uuid,
  (array['email', 'invoice'])[1 + n % 2],
  jsonb_build_object('customer', n % 5000, 'note', md5(n::text))
from generate_series(1, 600) as n;
