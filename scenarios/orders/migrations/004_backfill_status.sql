-- One batch, oldest orders first. scenario.yaml repeats it until a batch finds nothing; each batch commits for
-- itself, so that a row is locked for as long as a batch takes, not for as long as the table takes.
--
-- orders_status_idx hands out the next rows without a sort: that is why the index comes before the backfill.
-- SKIP LOCKED leaves a row that a customer is changing right now to the next batch instead of waiting for it.
update orders
set status = case
    when shipped_at is not null then 'shipped'
    when paid_at is not null then 'paid'
    else 'open'
  end
where id = any (array(
  select id from orders where status is null order by status, id limit 2000 for update skip locked
));
