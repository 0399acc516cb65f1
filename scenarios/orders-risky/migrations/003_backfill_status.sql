-- The whole table in one transaction: every row stays locked until the last one is done.
update orders
set status = case
    when shipped_at is not null then 'shipped'
    when paid_at is not null then 'paid'
    else 'open'
  end;
